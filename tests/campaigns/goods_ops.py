"""What happens to goods on their way: parcels corrected, arrival and hand-over at a pick-up point, WeChat told of it again."""

from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.hand_over import hand_over
from backend.usecases.mark_ready import mark_ready
from backend.usecases.retry_shipping_upload import retry_shipping_upload
from backend.usecases.sweep_shipping_uploads import sweep_shipping_uploads
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import STAFF, BothSides
from tests.campaigns.oracle import Order
from tests.campaigns.oracle_goods import FAILED, GAVE_UP


class GoodsOps(BothSides):
    """What happens to goods on their way."""

    def a_pickup(self, *states: str) -> Order | None:
        """An order that is fetched, mostly in one of these states; now and then any other order."""
        fitting = [order for order in self.oracle.orders if order.fetched and order.state in states][-6:]
        return self.pick(fitting) if fitting and self.rng.random() < 0.9 else self.an_order()

    def ready(self) -> None:
        order = self.a_pickup(rules.PAID)
        if order is not None:
            self.do(f"{self.tell(order)} is ready", lambda: mark_ready(self.ctx(self.clerk), order_ids=[order.id])[order.id],
                    lambda: self.oracle.mark_ready(order), lambda got: None if got == "known" else got)

    def hand_over(self) -> None:
        order = self.a_pickup(rules.PAID, *([rules.COMPLETED] if self.rng.random() < 0.2 else []))
        if order is None:
            return
        code = self.code(order) if order.fetched and self.rng.random() < 0.6 else None
        clerk = self.clerk if code or self.rng.random() < 0.95 else STAFF
        self.keyed(f"hand {self.tell(order)} over {'by its code' if code else f'by {clerk.id}'}", lambda key: hand_over(
            self.ctx(clerk), order_id=None if code else order.id, code=code, key=key),
            lambda: self.oracle.hand_over(order, code is not None, clerk is self.clerk), lambda _: None)

    def correct(self) -> None:
        """A parcel's number was typed wrong."""
        sent = [order for order in self.oracle.orders if order.parcels]
        on_their_way = [order for order in sent if order.state in (rules.PAID, rules.SHIPPED)]
        order = self.pick(on_their_way if on_their_way and self.rng.random() < 0.85 else sent)
        if order is None:
            return
        number = self.rng.choice(order.parcels)
        to = self.rng.choices((f"SF{self.number:010}", number, self.rng.choice(order.parcels)), (10, 1, 1))[0]
        [row] = self.rows("select id from parcels where order_id = :order and tracking_number = :number", order=order.id,
                          number=number)
        self.keyed(f"{number} of {self.tell(order)} is {to}", lambda key: correct_parcel(
            self.ctx(STAFF), parcel_id=row["id"], courier="SF", tracking_number=to, key=key),
            lambda: self.oracle.correct(order, number, to), lambda _: None)

    def upload_again(self) -> None:
        stuck = [order for order in self.oracle.orders if order.id in self.oracle.uploads
                 and self.oracle.uploads[order.id].state in (FAILED, GAVE_UP)]
        order = self.pick(stuck) if stuck and self.rng.random() < 0.9 else self.an_order()
        if order is not None:
            self.keyed(f"tell WeChat again of {self.tell(order)}", lambda key: retry_shipping_upload(
                self.ctx(STAFF), order_id=order.id, key=key), lambda: self.oracle.upload_again(order), lambda _: None)

    def sweep(self) -> None:
        """The timetable looks for orders of which WeChat should know and does not."""
        self.do("look for shipping info that is late", lambda: sweep_shipping_uploads(self.ctx()), lambda: None)
