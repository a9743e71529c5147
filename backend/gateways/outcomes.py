"""How a call to WeChat can end other than well: a definite no, an unknown, or a notification that is not theirs."""

import re

from backend.gateways.refusals import BAD_NOTIFICATION, BAD_SIGNATURE
from backend.kernel.errors import Refused

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")


NO_TOKEN = "no_token"
"""Our own word for: WeChat gave us no access token, so the call itself was never made."""


class WeChatRefused(Exception):
    """A definite no in WeChat's own (signed) words: nothing was done. `code` is the platform's, `message` for staff.

    The code may be new to us; ask the properties below about the ones that matter.
    """

    def __init__(self, code: str, message: str = "", request_id: str = "") -> None:
        super().__init__(f"{code} {message} ({request_id})" if request_id else f"{code} {message}")
        self.code = code
        self.message = message
        self.request_id = request_id

    @property
    def unknown_number(self) -> bool:
        """WeChat has never heard of the order or refund: no money can have moved under this number."""
        return self.code in ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "REFUNDNOTEXIST")

    @property
    def already_paid(self) -> bool:
        return self.code in ("ORDERPAID", "ORDER_PAID")

    @property
    def already_closed(self) -> bool:
        return self.code in ("ORDER_CLOSED", "ORDERCLOSED")

    @property
    def try_later(self) -> bool:
        """Too many calls, no access token, or the merchant's balance is short: the same call may succeed later."""
        return self.code in ("FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "RATE_LIMITED", "NOT_ENOUGH", "45011", NO_TOKEN)

    @property
    def daily_quota(self) -> bool:
        """Nothing more of this kind today."""
        return self.code == "45009"

    @property
    def no_consent(self) -> bool:
        """The receiver lets no message of this template through (any more)."""
        return self.code == "43101"


class WeChatUnknown(Exception):
    """Nobody can say whether it was done: time-out, 5xx, broken or unverifiable answer. Query by our own number.

    `reason` is for logs and never repeats what the other side sent, save a code made of letters and underscores.
    """

    def __init__(self, reason: str, *, status: int | None = None, code: str = "", request_id: str = "") -> None:
        extras = [str(status) if status else "", code, request_id]
        super().__init__(" ".join([reason, *filter(None, extras)]))
        self.reason = reason
        self.status = status
        self.code = code
        self.request_id = request_id


class BadSignature(Refused):
    """Not from WeChat, or not fresh; answer 401 and change nothing. `reason` (for metrics only) ∈
    missing, serial, signature, stale, probe – a probe is WeChat testing that we do refuse."""

    def __init__(self, reason: str) -> None:
        super().__init__(BAD_SIGNATURE, {})
        self.reason = reason


class BadNotification(Refused):
    """Signed by WeChat, yet not a notification that we can read; answer 4xx so that it comes again, and look at it."""

    def __init__(self, reason: str) -> None:
        super().__init__(BAD_NOTIFICATION, {})
        self.reason = reason


def tame(text: object, length: int = 200) -> str:
    """Foreign text on one line for logs and staff: no control, zero-width or direction characters, cut at `length`."""
    return _UNPRINTABLE.sub(" ", text if isinstance(text, str) else "")[:length].strip()
