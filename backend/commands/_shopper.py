"""A shopper: one person of WeChat's, buying through the public API as the mini-program does."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from backend.commands._client import Client, new_key
from backend.commands._phone import Phone
from backend.infra.clock import ticks

API = "/api/v1"
PAGE = 100
PAID_WITHIN = 60.0
"""Seconds in which a payment must show in the order."""
EARLY = timedelta(minutes=5)
"""A log-in is renewed so long before it expires."""

Items = Sequence[tuple[str, int]]
"""[(sku id, quantity)]"""


class NotPaid(Exception):
    """WeChat took the money, and the order does not say so."""


class Shopper:
    """Logs in by itself, again before the log-in expires by `now`, the shop's clock.

    Calls are repeated until they are answered, always with the same key.
    """

    def __init__(self, shop: Client, phone: Phone, name: str, now: Callable[[], datetime],
                 language: str = "zh") -> None:
        self.shop, self.phone, self.name = shop, phone, name
        self.member_id = self._token = ""
        self._now, self._good_until = now, now()
        self._language = {"Accept-Language": language}

    def log_in(self) -> dict[str, Any]:
        """Log in with fresh codes until one is answered; {token, expires_at, member_id, new}."""
        session = self.shop.ask("POST", f"{API}/session", lambda: {"code": self.phone.login_code(self.name)},
                                headers=self._language)
        self.member_id, self._token = session["member_id"], session["token"]
        self._good_until = datetime.fromisoformat(session["expires_at"]) - EARLY
        return session

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None,
            params: dict[str, Any] | None = None) -> Any:
        """One call of the API; POSTs carry `key`, or a new one. Declined when the shop says no."""
        headers = dict(self._language)
        if method == "POST":
            headers["Idempotency-Key"] = key or new_key()
        if not self._token or self._now() >= self._good_until:
            self.log_in()
        return self.shop.ask(method, f"{API}{path}", body, params=params,
                             headers=headers | {"Authorization": f"Bearer {self._token}"})

    def addresses(self) -> list[dict[str, Any]]:
        """One's own address book."""
        return self.ask("GET", "/addresses")["items"]

    def add_address(self, address: dict[str, Any], key: str | None = None) -> str:
        """The new address's id."""
        return self.ask("POST", "/addresses", address, key=key)["id"]

    def put_cart(self, items: Items) -> dict[str, Any]:
        """Make the cart exactly this; the cart as it then is."""
        return self.ask("PUT", "/cart", {"lines": [{"sku_id": sku_id, "quantity": count} for sku_id, count in items]})

    def preview(self, items: Items | None = None, address_id: str | None = None, point_id: str | None = None) -> dict[str, Any]:
        """The quote of `items`, or of the cart; with a point that of fetching it there."""
        where = {"address_id": address_id} if address_id else {}
        return self.ask("POST", "/checkout/preview", _items(items) | where | _fetched(point_id))

    def place(self, address_id: str, shown_total_fen: int, items: Items | None = None, *, remark: str = "",
              point_id: str | None = None, key: str | None = None) -> dict[str, Any]:
        """Order `items`, or the cart, at the total that was shown; {id, number, total_fen, placed_at, pay_before}.

        With a point, whom the address names fetches it there.
        """
        body = _items(items) | _fetched(point_id) | {"address_id": address_id, "shown_total_fen": shown_total_fen, "remark": remark}
        return self.ask("POST", "/orders", body, key=key)

    def order(self, order_id: str) -> dict[str, Any]:
        """One's own order, whole."""
        return self.ask("GET", f"/orders/{order_id}")

    def cancel(self, order_id: str, reason: str = "", key: str | None = None) -> str:
        """Give an unpaid order up; its state."""
        return self.ask("POST", f"/orders/{order_id}/cancel", {"reason": reason}, key=key)["state"]

    def start_payment(self, order_id: str, key: str | None = None) -> dict[str, Any]:
        """{payment_id, params}: the open attempt and what the phone opens its cashier with."""
        return self.ask("POST", f"/orders/{order_id}/payment", key=key)

    def check_payment(self, order_id: str) -> str:
        """Have the shop ask WeChat; the order's state."""
        return self.ask("POST", f"/orders/{order_id}/payment/check")["state"]

    def pay(self, order_id: str, key: str | None = None) -> dict[str, Any]:
        """Pay on the phone and see the order paid; the order. A lost notification makes the shop ask WeChat.

        NotPaid when the order is not paid within a minute of the tap.
        """
        opened = self.start_payment(order_id, key)
        self.phone.pay(self.name, opened["params"])
        give_up_at = ticks() + PAID_WITHIN
        while (order := self.order(order_id))["state"] != "paid":
            if ticks() > give_up_at:
                raise NotPaid(f"{opened['payment_id']} was paid, and its order {order_id} is {order['state']}")
            if self.check_payment(order_id) != "paid":
                time.sleep(0.2)
        return order


def sku_ids(shop: Client) -> dict[str, str]:
    """SKU code → SKU id of every public product that has one SKU, from the list of products, page by page."""
    return {each["sku_code"]: each["sku_id"] for each in products(shop) if each["sku_code"] is not None}


def products(shop: Client, **wanted: Any) -> Iterator[dict[str, Any]]:
    """All public products that the list shows for `wanted` (q, category, sort), in pages of 100."""
    after: dict[str, Any] = {}
    while True:
        page = shop.ask("GET", f"{API}/products", params={"limit": PAGE, **wanted, **after})
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


def _items(items: Items | None) -> dict[str, Any]:
    if items is None:
        return {}
    return {"items": [{"sku_id": sku_id, "quantity": count} for sku_id, count in items]}


def _fetched(point_id: str | None) -> dict[str, Any]:
    return {} if point_id is None else {"delivery": "pickup", "point_id": point_id}
