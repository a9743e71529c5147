"""What reviews refuse."""

from backend.kernel.errors import Kind, Refusal

NOT_RECEIVED = Refusal(Kind.CONFLICT, "review_not_received", zh="确认收货后才能评价。",
                       en="You can review goods once you have confirmed that you received them.")
TOO_LATE = Refusal(Kind.CONFLICT, "review_too_late", zh="评价时间已过（收货后 {days} 天内）。",
                   en="The time to review is over ({days} days after receipt).")
REVIEWED = Refusal(Kind.CONFLICT, "already_reviewed", zh="这件商品您已评价过，可在“我的评价”里修改或追评。",
                   en="You have reviewed this already; you can edit it or add to it under “My reviews”.")
REVIEW_TEXT = Refusal(Kind.INVALID, "review_text", zh="评价内容最多 {limit} 个字。", en="A review has at most {limit} characters.")
REVIEW_EMPTY = Refusal(Kind.INVALID, "review_empty", zh="请写点内容或放上图片。", en="Please write something or add a picture.")
REVIEW_PICTURES = Refusal(Kind.INVALID, "review_pictures", zh="最多放 {limit} 张图片，且不能重复。",
                          en="A review takes at most {limit} pictures, each once.")
STARS = Refusal(Kind.INVALID, "review_stars", zh="请打 1 到 5 颗星。", en="Please give 1 to 5 stars.")
ANSWERED = Refusal(Kind.CONFLICT, "review_answered", zh="商家已回复，评价不能再修改，您可以追评。",
                   en="The merchant has answered, so the review cannot change any more; you can add to it.")
HIDDEN_NOW = Refusal(Kind.CONFLICT, "review_hidden", zh="这条评价已被隐藏，不能修改；如有疑问请联系客服。",
                     en="This review is hidden and cannot change; please ask customer service if you disagree.")
TOO_MANY_EDITS = Refusal(Kind.TOO_MANY, "review_edited_too_often", zh="修改次数已达上限（{limit} 次），如有需要请联系客服。",
                         en="This has been changed {limit} times; please ask customer service for help.")
NOT_SHOWN_YET = Refusal(Kind.CONFLICT, "review_not_shown", zh="评价展示后才能追评或回复。",
                        en="You can add to a review, or answer it, once it is shown.")
FOLLOWED_UP = Refusal(Kind.CONFLICT, "already_followed_up", zh="您已追评过，每条评价只能追评一次。",
                      en="You have added to this review already; that is possible once.")
REASON_NEEDED = Refusal(Kind.INVALID, "review_reason", zh="请写明原因（2–{limit} 个字），评价人会看到。",
                        en="Please give a reason (2 to {limit} characters); the author will see it.")
REVIEW_MOVED = Refusal(Kind.CONFLICT, "review_moved", zh="这条评价的状态已变化，请刷新后再操作。",
                       en="This review has changed meanwhile; please reload.")
REUSE_VERSION = Refusal(Kind.INVALID, "reuse_version", zh="授权文本的版本号不正确，请刷新后再试。",
                        en="The version of the permission text is not right; please reload.")
