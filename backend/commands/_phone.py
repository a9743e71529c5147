"""The phones of all shoppers, and the platform behind them: a client of wxsim's control API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.commands._client import Client, Declined

PAID_ALREADY = ("ORDERPAID", "ORDER_NOT_OPEN")


@dataclass(frozen=True, slots=True)
class Status:
    """What is still to come from WeChat: notifications not taken yet, the next one's time, refunds not decided."""

    to_deliver: int
    next_due_at: datetime | None
    processing_refunds: int

    @property
    def quiet(self) -> bool:
        return not self.to_deliver and not self.processing_refunds


class Phone:
    """Makes people and the platform do things; every call may be repeated until answered. Threads may share it."""

    def __init__(self, wxsim_url: str, control_token: str) -> None:
        self.client = Client(wxsim_url, {"Authorization": f"Bearer {control_token}"})

    def login_code(self, user: str) -> str:
        """A fresh code of wx.login; the user is made when new."""
        return self._post("login-code", {"user": user})["code"]

    def phone_code(self, user: str, phone: str) -> str:
        """A fresh code of the phone-number button."""
        return self._post("phone-code", {"user": user, "phone": phone})["code"]

    def pay(self, user: str, params: dict[str, str], *, wait: bool = True) -> bool:
        """Tap 立即支付; with `wait`, whether the shop has taken the notification. Declined when no cashier opens.

        Asked again after a lost answer it finds the payment made: then the notification's fate is not known (False).
        """
        try:
            return self._post("pay", {"user": user, "params": params, "wait": wait})["delivered"]
        except Declined as no:
            if no.repeated and no.code in PAID_ALREADY:
                return False
            raise

    def refuse(self, user: str, params: dict[str, str]) -> None:
        """Leave the cashier without paying."""
        self._post("refuse", {"user": user, "params": params})

    def status(self) -> Status:
        """What WeChat still has to tell."""
        said = self.client.ask("GET", "/control/status")
        due = said["next_due_at"]
        return Status(said["to_deliver"], datetime.fromisoformat(due) if due else None, said["processing_refunds"])

    def deliver(self) -> int:
        """Have everything that is due told now; how many notifications were not taken."""
        return self._post("deliver", {})["failed"]

    def arm(self, name: str, **options: Any) -> None:
        """Arm a fault of the catalogue, once if `times` is not given."""
        self._post("faults", {"name": name, **options})

    def disarm(self) -> None:
        """Disarm all faults."""
        self.client.ask("DELETE", "/control/faults")

    def attack(self, kind: str, **about: Any) -> dict[str, Any]:
        """Send a wrong, forged or repeated notification: {"status", "body"} of the shop's answer."""
        return self._post("attack", {"kind": kind, **about})

    def trade(self, out_trade_no: str) -> dict[str, Any]:
        """A trade in WeChat's books, with its notifications."""
        return self.client.ask("GET", "/control/trades", params={"out_trade_no": out_trade_no})["trades"][0]

    def refunds(self, out_trade_no: str) -> list[dict[str, Any]]:
        """The refunds of a trade in WeChat's books."""
        return self.client.ask("GET", "/control/refunds", params={"out_trade_no": out_trade_no})["refunds"]

    def active(self, user: str) -> None:
        """Have the user in the mini-program now: WeChat looks at nobody's words who was not there in the last two hours."""
        self._post("active", {"user": user})

    def shipping(self, out_trade_no: str) -> list[dict[str, Any]]:
        """What the shop has told WeChat of the goods of a trade: how they go, and parcel by parcel."""
        return self.client.ask("GET", "/control/shipping", params={"out_trade_no": out_trade_no})["shipping"]

    def _post(self, call: str, body: dict[str, Any]) -> Any:
        return self.client.ask("POST", f"/control/{call}", body)
