"""Starts the real stand-in for WeChat in its own process and speaks to its control API; for tests of every area."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ROOT = Path(__file__).parents[1]
_START_SECONDS = 20


@cache
def key_pair(name: str) -> tuple[str, str]:
    """An RSA key as (private PEM, public PEM), made once for each name in this test run."""
    key = generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


class ControlRefused(AssertionError):
    """The control API answered an error; `.status` and `.code` tell which."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.code = body.get("code")


@dataclass
class Wxsim:
    """A running stand-in, its configuration, and the client side's secrets."""

    folder: Path
    appid: str = "wx0123456789abcdef"
    app_secret: str = "app-secret-of-the-tests-0123456789"
    mchid: str = "1900000109"
    merchant_serial: str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
    api_v3_key: str = "0123456789abcdef0123456789ABCDEF"
    platform_public_key_id: str = "PUB_KEY_ID_0119000001092024112500000001"
    control_token: str = "control-token-of-the-tests-0123456789"
    url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False), repr=False)

    @property
    def clock_file(self) -> Path:
        """The offset file that the shop under test may share."""
        return self.folder / "clock"

    @property
    def merchant_private_key(self) -> str:
        """PEM of the merchant's key, with which the shop signs."""
        return key_pair("merchant")[0]

    @property
    def platform_public_key(self) -> str:
        """PEM of the WeChat Pay public key, with which the shop verifies."""
        return key_pair("platform")[1]

    def start(self, port: int = 0) -> "Wxsim":
        """Starts the process and waits until it listens; the books of an earlier start are taken up."""
        announce = self.folder / "wxsim-announce.json"
        announce.unlink(missing_ok=True)
        command = [sys.executable, "-m", "wxsim", "--config", str(self._write_config()), "--port", str(port)]
        self.process = subprocess.Popen([*command, "--announce", str(announce)], cwd=ROOT)
        give_up_at = time.monotonic() + _START_SECONDS
        while not announce.exists():
            assert self.process.poll() is None and time.monotonic() < give_up_at, "wxsim did not start"
            time.sleep(0.01)
        self.url = json.loads(announce.read_text())["url"]
        return self

    def kill(self) -> None:
        """SIGKILL, as a crash would be."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM; fails when it takes longer than 5 seconds."""
        self._end(signal.SIGTERM)

    def move_clock(self, seconds: float) -> None:
        """Moves the shared clock by so many seconds more."""
        now = float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0
        half = self.clock_file.with_suffix(".half")
        half.write_text(str(now + seconds))
        half.replace(self.clock_file)

    def control(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """One control call; ControlRefused on an error."""
        headers = {"Authorization": f"Bearer {self.control_token}"}
        answer = self._http.request(method, f"{self.url}/control{path}", json=body, params=query, headers=headers)
        if answer.status_code != 200:
            raise ControlRefused(answer.status_code, answer.json())
        return answer.json()

    def login_code(self, user: str) -> str:
        """A fresh log-in code of this user, who is made when new."""
        return self.control("POST", "/login-code", {"user": user})["code"]

    def openid(self, user: str) -> str:
        """The user's openid (the user is made when new)."""
        return self.control("POST", "/login-code", {"user": user})["openid"]

    def phone_code(self, user: str, phone: str) -> str:
        """A fresh phone-number code."""
        return self.control("POST", "/phone-code", {"user": user, "phone": phone})["code"]

    def pay(self, user: str, params: dict[str, str], wait: bool = True) -> dict[str, Any]:
        """The user taps pay."""
        return self.control("POST", "/pay", {"user": user, "params": params, "wait": wait})

    def refuse(self, user: str, params: dict[str, str]) -> dict[str, Any]:
        """The user leaves the cashier."""
        return self.control("POST", "/refuse", {"user": user, "params": params})

    def status(self) -> dict[str, Any]:
        """What is still to be delivered."""
        return self.control("GET", "/status")

    def deliver(self) -> dict[str, Any]:
        """Tries all that is due now."""
        return self.control("POST", "/deliver")

    def fault(self, name: str, times: int | None = 1, **options: Any) -> dict[str, Any]:
        """Arms a named fault."""
        return self.control("POST", "/faults", {"name": name, "times": times, **options})

    def clear_faults(self) -> None:
        """Disarms all faults."""
        self.control("DELETE", "/faults")

    def attack(self, kind: str, out_trade_no: str, **options: Any) -> dict[str, Any]:
        """Sends a wrong notification; the shop's answer."""
        return self.control("POST", "/attack", {"kind": kind, "out_trade_no": out_trade_no, **options})

    def trade(self, out_trade_no: str) -> dict[str, Any] | None:
        """The trade with its notifications, or None."""
        found = self.control("GET", "/trades", out_trade_no=out_trade_no)["trades"]
        return found[0] if found else None

    def trades(self) -> list[dict[str, Any]]:
        """The newest trades."""
        return self.control("GET", "/trades", limit=5000)["trades"]

    def refunds(self, out_trade_no: str | None = None) -> list[dict[str, Any]]:
        """The newest refunds, or those of one trade."""
        query: dict[str, Any] = {"out_trade_no": out_trade_no} if out_trade_no else {}
        return self.control("GET", "/refunds", limit=5000, **query)["refunds"]

    def log(self, limit: int = 100) -> list[dict[str, Any]]:
        """The wire log, newest first."""
        return self.control("GET", "/log", limit=limit)["log"]

    def bill_edit(self, **edit: Any) -> dict[str, Any]:
        """Makes a day's bill differ."""
        return self.control("POST", "/bill-edit", edit)

    def settled(self, seconds: float = 10.0) -> None:
        """Waits until nothing is due any more; AssertionError after `seconds`."""
        give_up_at = time.monotonic() + seconds
        while (state := self.status())["to_deliver"] or state["processing_refunds"]:
            assert time.monotonic() < give_up_at, state
            time.sleep(0.02)

    def _write_config(self) -> Path:
        path = self.folder / "wxsim.json"
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "appid": self.appid,
                    "app_secret": self.app_secret,
                    "mchid": self.mchid,
                    "merchant_serial": self.merchant_serial,
                    "merchant_public_key": key_pair("merchant")[1],
                    "api_v3_key": self.api_v3_key,
                    "platform_private_key": key_pair("platform")[0],
                    "platform_public_key_id": self.platform_public_key_id,
                    "clock_file": str(self.clock_file),
                    "control_token": self.control_token,
                    "books": str(self.folder / "wxsim.sqlite"),
                }
            )
        )
        return path

    def _end(self, number: int) -> None:
        if self.process is not None:
            os.kill(self.process.pid, number)
            self.process.wait(5)
            self.process = None


def start_wxsim(folder: Path, **values: Any) -> Wxsim:
    """A stand-in with its books in `folder`, already listening; stop it with `.stop()`."""
    return Wxsim(folder, **values).start()
