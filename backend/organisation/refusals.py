"""Every expected no of the organisation and its staff."""

from backend.kernel.errors import Kind, Refusal

LOGIN_WRONG = Refusal(Kind.UNAUTHENTICATED, "login_wrong", zh="用户名或密码不正确，请重新输入。",
                      en="Wrong user name or password; please try again.")
"""One text for unknown names, wrong passwords and disabled accounts."""

LOGIN_LOCKED = Refusal(Kind.TOO_MANY, "login_locked", zh="尝试次数过多，请在 {minutes} 分钟后再试，或请店主为您解锁。",
                       en="Too many attempts; try again in {minutes} minutes, or ask an owner to unlock you.")
CODE_WRONG = Refusal(Kind.INVALID, "code_wrong", zh="验证码不正确或已用过，请输入验证器上新的 6 位数字。",
                     en="This code is wrong or was used already; enter the new 6 digits of your authenticator.")
PASSWORD_WRONG = Refusal(Kind.INVALID, "password_wrong", zh="当前密码不正确。", en="Your current password is not right.")
PASSWORD_TOO_SHORT = Refusal(Kind.INVALID, "password_too_short", zh="密码至少 {limit} 个字符，可以用一句话。",
                             en="A password has at least {limit} characters; a sentence is fine.")
PASSWORD_TOO_LONG = Refusal(Kind.INVALID, "password_too_long", zh="密码最多 {limit} 个字符。",
                            en="A password has at most {limit} characters.")
PASSWORD_TOO_SIMPLE = Refusal(Kind.INVALID, "password_too_simple",
                              zh="这个密码太容易被猜到，请换一个：不要用常见密码，也不要包含用户名。",
                              en="This password is easily guessed; take one that is not common and does not hold your user name.")
PASSWORD_SAME = Refusal(Kind.INVALID, "password_same", zh="新密码不能与当前密码相同。",
                        en="The new password must differ from the current one.")
RESET_OVER = Refusal(Kind.NOT_FOUND, "reset_over", zh="这个链接已用过或已过期，请让店主重新生成。",
                     en="This link was used or has expired; ask an owner for a new one.")
STAFF_NOT_FOUND = Refusal(Kind.NOT_FOUND, "staff_not_found", zh="没有找到这位员工。", en="There is no such member of staff.")
LOGIN_TAKEN = Refusal(Kind.CONFLICT, "login_taken", zh="用户名“{login}”已被使用，请换一个。",
                      en="The user name “{login}” is taken; choose another.")
LOGIN_NAME = Refusal(Kind.INVALID, "login_name", zh="用户名须为 3–32 个小写字母、数字、点、横线或下划线，并以字母开头。",
                     en="A user name has 3 to 32 small letters, digits, dots, hyphens or underscores, and begins with a letter.")
STAFF_NAME = Refusal(Kind.INVALID, "staff_name", zh="姓名须为 1–{limit} 个字。", en="A name has 1 to {limit} characters.")
PLACE_NAME = Refusal(Kind.INVALID, "place_name", zh="名称须为 1–{limit} 个字。", en="A name has 1 to {limit} characters.")
PLACE_TAKEN = Refusal(Kind.CONFLICT, "place_taken", zh="名称“{name}”已被使用，请换一个。",
                      en="The name “{name}” is taken; choose another.")
PLACE_NOT_FOUND = Refusal(Kind.NOT_FOUND, "place_not_found", zh="没有找到这个区域、经销商或门店。",
                          en="There is no such region, dealer or store.")
ROLES_NEEDED = Refusal(Kind.INVALID, "roles_needed", zh="请至少选择一个角色。", en="Please choose at least one role.")
SCOPE_UNKNOWN = Refusal(Kind.INVALID, "scope_unknown", zh="请选择数据范围，并指定具体的区域、经销商或门店。",
                        en="Please choose the scope, and which region, dealer or store it is.")
LAST_OWNER = Refusal(Kind.CONFLICT, "last_owner", zh="至少要保留一位启用中的店主，请先指定另一位店主。",
                     en="At least one active owner must remain; make somebody else an owner first.")
OWN_RIGHTS = Refusal(Kind.CONFLICT, "own_rights", zh="不能修改自己的角色、范围或状态，请让另一位店主操作。",
                     en="You cannot change your own roles, scope or state; ask another owner.")
TOTP_ON = Refusal(Kind.CONFLICT, "totp_on", zh="两步验证已开启，请先关闭再重新绑定。",
                  en="Two-step log-in is on already; switch it off before binding another device.")
TOTP_OFF = Refusal(Kind.CONFLICT, "totp_off", zh="两步验证没有在设置中，请重新开始。",
                   en="Two-step log-in is not being set up; please start again.")
