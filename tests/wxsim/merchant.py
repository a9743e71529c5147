"""The merchant's side of the tests, on plain `cryptography`: signs calls, verifies answers, opens notifications."""

import base64
import json
import secrets
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tests.wxsim_server import Wxsim


@cache
def _private_key(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), None)


@cache
def _public_key(pem: str) -> Any:
    return load_pem_public_key(pem.encode())


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=20, trust_env=False)


def verifies(public_pem: str, headers: Any, body: bytes) -> bool:
    """Whether the Wechatpay headers sign `body` under the key."""
    text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
    try:
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        _public_key(public_pem).verify(signature, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@dataclass
class Merchant:
    """Calls the stand-in as a shop would; `clock` seconds put its own clock ahead."""

    wx: Wxsim
    notify_url: str = "http://127.0.0.1:9/none"
    clock: float = 0.0
    public_keys: dict[str, str] | None = None

    def move(self, seconds: float) -> None:
        """Moves the shared clock for both sides."""
        self.wx.move_clock(seconds)
        self.clock += seconds

    def sign(self, text: bytes | str) -> str:
        """Base64 RSA-SHA256 signature by the merchant's key."""
        key = _private_key(self.wx.merchant_private_key)
        data = text if isinstance(text, bytes) else text.encode()
        return base64.b64encode(key.sign(data, PKCS1v15(), SHA256())).decode()

    def authorization(self, method: str, target: str, body: bytes, **instead: str) -> str:
        """The Authorization header; `instead` replaces values before signing, `after_…` afterwards."""
        now = str(int(time.time() + self.clock))
        given = {"mchid": self.wx.mchid, "nonce_str": secrets.token_hex(16), "timestamp": now}
        given["serial_no"] = self.wx.merchant_serial
        given |= {key: value for key, value in instead.items() if not key.startswith("after_")}
        text = f"{method}\n{target}\n{given['timestamp']}\n{given['nonce_str']}\n".encode() + body + b"\n"
        given["signature"] = self.sign(text)
        given |= {key.removeprefix("after_"): value for key, value in instead.items() if key.startswith("after_")}
        return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{key}="{value}"' for key, value in given.items())

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """One signed call; `headers` (underscores for dashes) replace the usual ones."""
        given = {
            "Authorization": self.authorization(method, target, body),
            "Accept": "application/json",
            "Wechatpay-Serial": self.wx.platform_public_key_id,
            "User-Agent": "tests",
        }
        if body:
            given["Content-Type"] = "application/json"
        given |= {key.replace("_", "-"): value for key, value in headers.items()}
        return _http().request(method, self.wx.url + target, content=body, headers=given)

    def call(self, method: str, target: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a call whose answer's signature was right."""
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self.send(method, target, raw)
        serial = answer.headers["Wechatpay-Serial"]
        keys = self.public_keys or {self.wx.platform_public_key_id: self.wx.platform_public_key}
        assert verifies(keys[serial], answer.headers, answer.content)
        assert answer.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
        assert answer.headers["Request-ID"]
        return answer.status_code, answer.json() if answer.content else {}

    def order_body(self, out_trade_no: str, total: int = 100, user: str = "甲", **more: Any) -> dict[str, Any]:
        """A JSAPI order's parameters."""
        return {
            "appid": self.wx.appid,
            "mchid": self.wx.mchid,
            "description": "团码商城-订单",
            "out_trade_no": out_trade_no,
            "notify_url": self.notify_url,
            "amount": {"total": total, "currency": "CNY"},
            "payer": {"openid": self.wx.openid(user)},
            **more,
        }

    def order(self, out_trade_no: str, total: int = 100, user: str = "甲", **more: Any) -> dict[str, str]:
        """Places an order and gives the parameters for the phone."""
        body = self.order_body(out_trade_no, total, user, **more)
        status, answer = self.call("POST", "/v3/pay/transactions/jsapi", body)
        assert status == 200, answer
        return self.params(answer["prepay_id"])

    def params(self, prepay_id: str, **instead: str) -> dict[str, str]:
        """What wx.requestPayment is given; `instead` replaces values before signing, `after_…` afterwards."""
        given = {
            "appId": self.wx.appid,
            "timeStamp": str(int(time.time() + self.clock)),
            "nonceStr": secrets.token_hex(16),
            "package": f"prepay_id={prepay_id}",
            "signType": "RSA",
        }
        given |= {key: value for key, value in instead.items() if not key.startswith("after_")}
        text = f"{given['appId']}\n{given['timeStamp']}\n{given['nonceStr']}\n{given['package']}\n"
        given["paySign"] = self.sign(text)
        return given | {k.removeprefix("after_"): value for k, value in instead.items() if k.startswith("after_")}

    def paid(self, out_trade_no: str, total: int = 100, user: str = "甲", **more: Any) -> dict[str, Any]:
        """An order placed and paid."""
        return self.wx.pay(user, self.order(out_trade_no, total, user, **more))

    def query(self, out_trade_no: str) -> tuple[int, dict[str, Any]]:
        """Query by our number."""
        return self.call("GET", f"/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={self.wx.mchid}")

    def close(self, out_trade_no: str) -> tuple[int, dict[str, Any]]:
        """Close."""
        target = f"/v3/pay/transactions/out-trade-no/{out_trade_no}/close"
        return self.call("POST", target, {"mchid": self.wx.mchid})

    def refund(self, out_trade_no: str, out_refund_no: str, refund: int, total: int = 100, **more: Any) -> Any:
        """Ask for a refund: (status, answer)."""
        amount = {"refund": refund, "total": total, "currency": "CNY"}
        body = {"out_trade_no": out_trade_no, "out_refund_no": out_refund_no, "amount": amount, **more}
        return self.call("POST", "/v3/refund/domestic/refunds", body)

    def open(self, headers: Any, body: bytes) -> dict[str, Any]:
        """What is sealed in a notification whose signature was right."""
        keys = self.public_keys or {self.wx.platform_public_key_id: self.wx.platform_public_key}
        assert verifies(keys[headers["Wechatpay-Serial"]], headers, body)
        assert abs(int(headers["Wechatpay-Timestamp"]) - time.time() - self.clock) < 10
        return self.unseal_body(body)

    def unseal_body(self, body: bytes) -> dict[str, Any]:
        """What is sealed in a notification, whoever signed it."""
        return json.loads(self.unseal(json.loads(body)["resource"]))

    def unseal(self, resource: dict[str, str]) -> bytes:
        """AES-256-GCM opened with the APIv3 key."""
        gcm = AESGCM(self.wx.api_v3_key.encode())
        data = base64.b64decode(resource["ciphertext"])
        return gcm.decrypt(resource["nonce"].encode(), data, resource["associated_data"].encode())
