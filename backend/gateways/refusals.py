"""Every expected no of the outside world, with its code and its Chinese and English sentence."""

from backend.kernel.errors import Kind, Refusal

LOGIN_CODE_REFUSED = Refusal(
    Kind.UNAUTHENTICATED,
    "login_code_refused",
    zh="微信登录凭证无效或已用过，请重新登录。",
    en="The WeChat log-in code is invalid or was already used; please log in again.",
)
LOGIN_BLOCKED = Refusal(
    Kind.FORBIDDEN,
    "login_blocked",
    zh="该微信账号存在风险，微信暂不允许登录。",
    en="WeChat blocks this account for now because it looks risky.",
)
PHONE_CODE_REFUSED = Refusal(
    Kind.INVALID,
    "phone_code_refused",
    zh="手机号授权已失效，请重新点击授权。",
    en="The phone number permission has expired; please tap to allow it again.",
)
WECHAT_TOO_MANY = Refusal(
    Kind.TOO_MANY,
    "wechat_too_many",
    zh="操作过于频繁，请稍后再试。",
    en="Too many attempts; please try again in a minute.",
)
WECHAT_BUSY = Refusal(
    Kind.UNAVAILABLE,
    "wechat_busy",
    zh="微信暂时繁忙，请稍后再试。",
    en="WeChat does not answer right now; please try again shortly.",
)
NOT_CONFIGURED = Refusal(
    Kind.UNAVAILABLE,
    "wechat_not_configured",
    zh="商城尚未配置微信参数，请联系商家。",
    en="This shop has no WeChat settings yet; please tell the merchant.",
)
BAD_SIGNATURE = Refusal(
    Kind.UNAUTHENTICATED,
    "bad_signature",
    zh="签名验证失败。",
    en="The signature does not hold.",
)
BAD_NOTIFICATION = Refusal(
    Kind.INVALID,
    "bad_notification",
    zh="通知内容无法识别。",
    en="The notification cannot be read.",
)
FILE_NOT_FOUND = Refusal(
    Kind.NOT_FOUND,
    "file_not_found",
    zh="文件不存在。",
    en="There is no such file.",
)
FILE_NOT_KEPT = Refusal(
    Kind.UNAVAILABLE,
    "file_not_kept",
    zh="文件暂时无法保存，请稍后再试。",
    en="The file cannot be kept right now; please try again later.",
)
