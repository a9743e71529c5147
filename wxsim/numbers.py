"""How the platforms number things: openids, prepay ids, transactions, refunds, events, requests."""

import base64
import hashlib
import secrets
import uuid

from wxsim.clock import china


def openid(appid: str, user: str) -> str:
    """28 characters, always the same for one user in one appid."""
    return "o" + _base64(f"openid {appid} {user}")[:27]


def unionid(user: str) -> str:
    """28 characters, the same for one user across appids."""
    return "oU" + _base64(f"unionid {user}")[:26]


def prepay_id(at: float) -> str:
    """36 characters beginning with wx and the China time."""
    return f"wx{china(at):%Y%m%d%H%M%S}{secrets.token_hex(10)}"


def transaction_id(at: float) -> str:
    """28 digits beginning with 4200."""
    return f"4200{secrets.randbelow(10**6):06d}{china(at):%Y%m%d}{secrets.randbelow(10**10):010d}"


def refund_id(at: float) -> str:
    """29 digits beginning with 503."""
    return f"503{secrets.randbelow(10**8):08d}{china(at):%Y%m%d}{secrets.randbelow(10**10):010d}"


def event_id() -> str:
    """The id of one notification."""
    return str(uuid.uuid4())


def fold(text: str) -> str:
    """Eight hexadecimal digits that are always the same for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def request_id(suffix: int) -> str:
    """The Request-ID header of an answer; the number at its end tells the kind of error (0: none)."""
    return f"08{secrets.token_hex(14).upper()}-{suffix}"


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
