"""What messages refuse."""

from backend.kernel.errors import Kind, Refusal

CONSENT_TEMPLATE = Refusal(Kind.INVALID, "message_template", zh="没有这种消息模板，请更新小程序后再试。",
                           en="There is no such message template; please update the mini-program.")
CONSENT_ANSWER = Refusal(Kind.INVALID, "message_answer", zh="订阅结果须为 accept、reject 或 ban。",
                         en="An answer is accept, reject or ban.")
