"""Plays WeChat for the gateway tests, on plain `cryptography` and httpx's mock transport; shares no code with ours."""

import base64
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from wechatpayv3 import WeChatPay as SecondOpinion
from wechatpayv3 import WeChatPayType

from backend.gateways.wechat_pay import WeChatPayClient
from backend.gateways.wechat_pay_signing import KeyRing, Merchant, PlatformKey
from backend.gateways.wire import Wire

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
APPID, MCHID, MERCHANT_SERIAL = "wx1234567890abcdef", "1900000001", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
API_V3_KEY = "0123456789abcdefghijklmnopqrstuv"
SERIAL = "PUB_KEY_ID_0114232134912410000000000000"
PAY = "https://api.mch.weixin.qq.com"

PAID = {
    "appid": APPID, "mchid": MCHID, "out_trade_no": "pay_01", "transaction_id": "4200000001202603021234567890",
    "trade_type": "JSAPI", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
    "success_time": "2026-03-02T12:00:01+08:00", "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 1234, "payer_total": 1234, "currency": "CNY", "payer_currency": "CNY"},
}  # fmt: skip
REFUNDED = {
    "mchid": MCHID, "out_trade_no": "pay_01", "transaction_id": "4200000001202603021234567890",
    "out_refund_no": "ref_01", "refund_id": "50300000012026030212345678901", "refund_status": "SUCCESS",
    "success_time": "2026-03-02T12:00:05+08:00", "user_received_account": "支付用户零钱",
    "amount": {"total": 1234, "refund": 234, "payer_total": 1234, "payer_refund": 234},
}  # fmt: skip


@functools.cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair for each name: merchant, platform, certificate, stranger."""
    return rsa.generate_private_key(65537, 2048)


def private_pem(name: str) -> bytes:
    return key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(name: str) -> bytes:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def second_opinion() -> SecondOpinion:
    """The package `wechatpayv3` as the same merchant, in public-key mode."""
    return SecondOpinion(
        wechatpay_type=WeChatPayType.MINIPROG, mchid=MCHID, private_key=private_pem("merchant").decode(),
        cert_serial_no=MERCHANT_SERIAL, appid=APPID, apiv3_key=API_V3_KEY,
        public_key=public_pem("platform").decode(), public_key_id=SERIAL,
    )  # fmt: skip


def sign(text: bytes, by: str = "platform") -> str:
    return base64.b64encode(key(by).sign(text, padding.PKCS1v15(), SHA256())).decode()


def signed(
    body: bytes, at: datetime = NOW, *, by: str = "platform", serial: str = SERIAL, **changes: str
) -> dict[str, str]:
    """The headers that WeChat puts on `body`."""
    timestamp, nonce = str(int(at.timestamp())), "593BEC0C930BF1AFEB40B4A08C8FB242"
    headers = {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", by),
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "Request-ID": "08F78BB5AF0610D302189FF4E48C01-0",
    }
    return headers | changes


def notification(event_type: str, content: dict[str, Any], **changes: Any) -> bytes:
    """The raw body of a callback about `content`."""
    nonce, label = "fdasflkja484", changes.pop("label", "transaction")
    plain = changes.pop("plain", json.dumps(content).encode())
    sealed = AESGCM(changes.pop("key", API_V3_KEY).encode()).encrypt(nonce.encode(), plain, label.encode())
    resource = {
        "original_type": label, "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": label, "nonce": nonce,
    }  # fmt: skip
    resource |= changes.pop("resource", {})
    event = {
        "id": "EV-2018022511223320873", "create_time": "2026-03-02T12:00:02+08:00", "resource_type": "encrypt-resource",
        "event_type": event_type, "summary": "支付成功", "resource": resource,
    }  # fmt: skip
    return json.dumps(event | changes, ensure_ascii=False).encode()


@dataclass
class Clock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def move(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@dataclass
class Script:
    """Answers every call with `reply`, a response or what makes one; remembers what it was asked."""

    reply: httpx.Response | Callable[[httpx.Request], httpx.Response] | None = None
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        assert self.reply is not None
        return self.reply(request) if callable(self.reply) else self.reply

    def wire(self, base: str = PAY, **more: Any) -> Wire:
        return Wire(base, make_transport=lambda: httpx.MockTransport(self), **more)

    @property
    def sent(self) -> dict[str, Any]:
        """The JSON of the last call."""
        return json.loads(self.asked[-1].content)


def says(status: int, content: Any = None, *, body: bytes | None = None, **more: Any) -> httpx.Response:
    """A signed answer with JSON `content`, or with exactly `body`."""
    raw = (b"" if content is None else json.dumps(content).encode()) if body is None else body
    return httpx.Response(status, content=raw, headers=signed(raw, **more))


def ring() -> KeyRing:
    return KeyRing({SERIAL: PlatformKey(key("platform").public_key())})


def merchant() -> Merchant:
    return Merchant(MCHID, MERCHANT_SERIAL, key("merchant"))


def client(script: Script, clock: Clock | None = None, base: str = PAY) -> WeChatPayClient:
    return WeChatPayClient(script.wire(base), APPID, merchant(), ring(), API_V3_KEY, clock or Clock())
