"""The catalogue of named faults: what each does, and the options it takes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One line for the reader, and the names of the options beside the filters."""

    does: str
    options: tuple[str, ...] = ()


# An option of one of these names narrows where the fault strikes: it must equal what is happening.
FILTERS = frozenset(
    {"call", "out_trade_no", "out_refund_no", "openid", "user", "event_type", "bill_date", "template_id", "transaction_id"}
)

_ANSWERS = {
    "answer-lost": Kind("performs the call, then drops the connection without an answer"),
    "connection-dropped": Kind("drops the connection before doing anything"),
    "slow": Kind("waits `seconds` (4) before doing anything", ("seconds",)),
    "slow-answer": Kind("performs the call, then waits `seconds` (4) before answering", ("seconds",)),
    "answer-500": Kind("signed 500 SYSTEM_ERROR; `after_effect` performs the call first", ("after_effect",)),
    "answer-502": Kind("502 with an HTML page, unsigned; `after_effect` performs the call first", ("after_effect",)),
    "answer-503": Kind("503 with an empty body, unsigned; `after_effect` performs the call first", ("after_effect",)),
    "answer-html": Kind("200 with an HTML page instead of the answer, after the effect"),
    "answer-empty": Kind("200 with an empty body instead of the answer, after the effect"),
    "answer-truncated": Kind("the answer's second half is missing, after the effect"),
    "answer-gzip-bomb": Kind("a small gzip body that unpacks to 64 MB, after the effect"),
    "answer-unknown-field": Kind("adds a field that nobody knows, properly signed"),
    "answer-unknown-state": Kind("puts `state` (NEW_STATE) into trade_state or status, properly signed", ("state",)),
    "answer-error": Kind("any signed error: `status`, `code`, `message`", ("status", "code", "message")),
    "answer-unsigned": Kind("leaves out every Wechatpay header, after the effect"),
    "answer-forged": Kind("signs the answer with a key that is not WeChat's, after the effect"),
    "answer-altered": Kind("changes one byte of the answer after signing it"),
    "answer-stale": Kind("signs the answer with a time 10 minutes ago"),
    "frequency": Kind("429 FREQUENCY_LIMITED, or errcode 45011 from the mini-program API"),
    "clock-skew": Kind("our own clock is `seconds` (360) wrong for this call or notification", ("seconds",)),
}
_OPEN_API = {
    "busy": Kind("mini-program API answers errcode -1"),
    "daily-quota": Kind("mini-program API answers errcode 45009"),
    "login-blocked": Kind("log-in answers errcode 40226, high-risk user"),
    "login-code-used": Kind("log-in answers errcode 40163 although the code is fresh"),
    "login-code-bad": Kind("log-in answers errcode 40029 although the code is fresh"),
    "login-without-unionid": Kind("log-in leaves out unionid"),
    "token-invalidated": Kind("the token just used dies early: errcode 40001"),
    "token-expired": Kind("the token just used has expired early: errcode 42001"),
    "shipping-refused": Kind(
        "an upload of shipping info is refused: `errcode` (10060004), `errmsg`", ("errcode", "errmsg")
    ),
    "phone-other-appid": Kind("the phone number's watermark names another appid"),
}
_CALLBACKS = {
    "callback-before-answer": Kind("the payer pays, and the callback comes, before the order call is answered"),
    "callback-lost": Kind("the callback never comes; with `seconds` it comes that much later", ("seconds",)),
    "callback-delayed": Kind("the callback comes `seconds` (60) later", ("seconds",)),
    "callback-duplicated": Kind(
        "the callback comes `count` (15) times, `parallel` (true) or not", ("count", "parallel")
    ),
    "callback-out-of-order": Kind(
        "the callback waits until another of the same order came, at most `seconds` (60)", ("seconds",)
    ),
    "callback-signtest": Kind("a probe with a WECHATPAY/SIGNTEST/ signature comes first, then the right one"),
    "callback-other-key": Kind("the callback is signed with the platform certificate instead of the public key"),
    "callback-rollout": Kind("`percent` (50) of the callbacks are signed with the platform certificate", ("percent",)),
    "callback-unknown-key": Kind("the callback is signed with a key that nobody knows, under an unknown serial"),
    "callback-old-api-key": Kind("the callback is sealed with another APIv3 key"),
    "callback-unknown-field": Kind("the callback and what is sealed in it carry fields that nobody knows"),
}
_TRADES = {
    "prepay-expired": Kind("the prepay_id has expired when the payer taps"),
    "close-loses": Kind("the payer pays just before the close: the close is refused with ORDERPAID"),
    "payment-after-close": Kind(
        "the close is answered 204, yet the payment in flight succeeds `seconds` (0) later", ("seconds",)
    ),
    "close-wins": Kind("the trade closes at the moment of the tap: the payer cannot pay"),
    "refund-processing": Kind("the refund stays PROCESSING for `seconds` (60)", ("seconds",)),
    "refund-abnormal": Kind("the refund is accepted and becomes ABNORMAL after `seconds` (0)", ("seconds",)),
    "refund-closed": Kind("the refund is accepted and becomes CLOSED after `seconds` (0)", ("seconds",)),
    "refund-not-enough": Kind("the refund is refused with NOT_ENOUGH"),
}
_BILLS = {
    "bill-row-missing": Kind("the bill lacks its first row, or `row_of`'s (an out_trade_no)", ("row_of",)),
    "bill-row-extra": Kind("the bill has a row of a trade that never was"),
    "bill-row-changed": Kind(
        "the amount of the bill's first row, or of `row_of`'s, is `fen` (1) more", ("row_of", "fen")
    ),
    "bill-not-ready": Kind("the bill is still being made: STATEMENT_CREATING"),
    "bill-wrong-hash": Kind("the hash of the bill is wrong"),
    "bill-byte-order-mark": Kind("the bill begins with a byte order mark"),
    "bill-truncated": Kind("the bill's download ends in the middle"),
}
_CONTENT = {
    "check-verdict": Kind("the text or picture check says `suggest` (review) with `label`", ("suggest", "label")),
    "check-inactive": Kind("the text or picture check says that the user was not there for two hours: 61010"),
    "consent-gone": Kind("the user has just switched the template off: the message is refused with 43101"),
    "push-lost": Kind("the pushed event never comes"),
    "push-delayed": Kind("the pushed event comes `seconds` (60) later", ("seconds",)),
    "push-duplicated": Kind("the pushed event comes `count` (3) times", ("count",)),
    "push-forged": Kind("the pushed event is signed with a token that is not the shop's"),
    "push-stale": Kind("the pushed event is signed with a time 10 minutes ago"),
}
CATALOGUE: Mapping[str, Kind] = {**_ANSWERS, **_OPEN_API, **_CALLBACKS, **_TRADES, **_BILLS, **_CONTENT}
