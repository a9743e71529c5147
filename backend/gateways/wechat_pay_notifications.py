"""Reads the notifications that WeChat Pay sends: signature over the raw bytes first, then JSON, then decryption."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.gateways.outcomes import BadNotification
from backend.gateways.strict_json import Broken, Fields, read_object
from backend.gateways.wechat_pay_answers import RefundResult, Trade, TradeState, read_refund, read_trade
from backend.gateways.wechat_pay_signing import KeyRing

NOTIFICATION_BYTES = 64 * 1024
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_NONCE = re.compile(r"[\x21-\x7e]{12}")
_LABEL = re.compile(r"[\x20-\x7e]{1,64}")
_REFUNDS = ("REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED")


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification, proved to be WeChat's. `trade` or `refund` by its event; neither for an event new to us.

    `id` stays the same when WeChat sends it again. Like every answer it is unchecked against our books.
    """

    id: str
    event_type: str
    created_at: datetime | None
    trade: Trade | None = None
    refund: RefundResult | None = None


def read(ring: KeyRing, api_v3_key: bytes, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notification:
    """The notification in `raw`; BadSignature if it is not WeChat's and fresh, BadNotification if unreadable."""
    ring.verify(headers, raw, now)
    if len(raw) > NOTIFICATION_BYTES:
        raise BadNotification("too long")
    try:
        return _read(api_v3_key, read_object(raw))
    except Broken as error:
        raise BadNotification(str(error)) from error


def _read(api_v3_key: bytes, event: Fields) -> Notification:
    if event.text("resource_type") != "encrypt-resource":
        raise Broken("resource_type is not encrypt-resource")
    event_type = event.text("event_type")
    head = event.text("id"), event_type, event.maybe_instant("create_time")
    content = read_object(_open(api_v3_key, event.part("resource")))
    if event_type == "TRANSACTION.SUCCESS":
        trade = read_trade(content)
        if trade.state is not TradeState.SUCCESS:
            raise Broken("an order that is said to be paid and is not")
        return Notification(*head, trade=trade)
    if event_type in _REFUNDS:
        refund = read_refund(content, "refund_status")
        if f"REFUND.{refund.state}" != event_type:
            raise Broken("a refund in another state than its event says")
        return Notification(*head, refund=refund)
    return Notification(*head)


def _open(api_v3_key: bytes, resource: Fields) -> bytes:
    if resource.text("algorithm") != "AEAD_AES_256_GCM":
        raise Broken("resource.algorithm is not AEAD_AES_256_GCM")
    label = resource.maybe_text("associated_data", _LABEL) or ""
    try:
        sealed = base64.b64decode(resource.text("ciphertext", _BASE64), validate=True)
        return AESGCM(api_v3_key).decrypt(resource.text("nonce", _NONCE).encode(), sealed, label.encode())
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise Broken("resource does not open with our APIv3 key") from error
