"""Third part of the story: in the admin console staff ships, hands over at a pick-up point, and answers a return."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from backend.commands._console import Console, ConsoleSaysNo
from backend.commands._story import STAFF, Differs, Teller, yuan
from backend.commands._story_buying import Buying
from backend.commands._story_goods import Shelf
from backend.kernel.ids import human_code
from backend.organisation import MAIN_STORE
from backend.usecases.create_staff import create_staff
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff

NUMBER = "SF1234567890{}"
EVERY_DAY = [[("08:00", "22:00")]] * 7


class Serving:
    """What happens between paying and being content."""

    def __init__(self, teller: Teller, shelf: Shelf, buying: Buying) -> None:
        self.teller, self.shelf, self.buying, self.stage = teller, shelf, buying, teller.stage
        self.shopper = buying.shopper

    def ship(self, order_id: str, payment_number: str) -> None:
        """Two parcels, WeChat is told, the shopper has them."""
        tell = self.teller
        tell.scene("发货：分两个包裹，微信同步", "Shipping in two parcels; WeChat is told")
        lines = self._left(order_id)
        first, rest = lines[:1], lines[1:]
        for parcel, packed in enumerate((first, rest)):
            self._send_parcel(order_id, NUMBER.format(parcel), packed)
            tell.equal("the order after a parcel", self.shopper.order(order_id)["state"], ("paid", "shipped")[parcel])
        self._says_no(lambda: self._send_parcel(order_id, NUMBER.format(9), lines))
        order = self.shopper.order(order_id)
        tell.equal("parcels that the shopper sees", [each["tracking_number"] for each in order["parcels"]],
                   [NUMBER.format(0), NUMBER.format(1)])
        self.stage.wait(lambda: self._told(payment_number) == 2, "WeChat's word of both parcels")
        tell.say(f"顺丰两个包裹，订单“{order['state_text']}”；微信已收到两条发货信息，货款可以解冻",
                 f"Two parcels by SF Express, the order is “{order['state_text']}”; WeChat knows both and will release the money")

    def receive(self, order_id: str) -> None:
        """The shopper confirms; nothing can be confirmed twice."""
        tell = self.teller
        tell.scene("确认收货", "The shopper has it")
        tell.equal("what can be done", "confirm_receipt" in self.shopper.order(order_id)["allowed"], True)
        for _ in range(2):
            tell.equal("the order", self.shopper.ask("POST", f"/orders/{order_id}/receipt")["state"], "completed")
        tell.say("确认一次就完成；再点一次，还是完成", "Once completes it; once more changes nothing")

    def return_goods(self, order_id: str) -> tuple[int, str]:
        """A return with its parcel, looked at and refunded to the fen; (amount, the refund's number)."""
        tell, cakes = self.teller, self.shelf.cakes
        tell.scene("退货退款：申请、同意、寄回、验收、到账", "A return: asked, granted, sent, looked at, refunded")
        line = next(each for each in self.shopper.order(order_id)["lines"] if each["sku_id"] == cakes.sku_id)
        case = self.shopper.ask("POST", f"/orders/{order_id}/aftersales", {
            "kind": "return_and_refund", "reason": "quality", "words": "有一盒漏气了",
            "lines": [{"order_line_id": line["id"], "quantity": 1}]})["id"]
        worth_fen = self._case(case)["asked_fen"]
        tell.equal("what it is worth", worth_fen, cakes.price_fen)
        tell.refused("aftersale_open", lambda: self.shopper.ask("POST", f"/orders/{order_id}/aftersales", {
            "kind": "return_and_refund", "reason": "quality", "lines": [{"order_line_id": line["id"], "quantity": 1}]}))
        desk = f"/admin/aftersales/{case}/"
        self.clerk.send(f"{desk}approve/", {"answer": "抱歉，请寄回，我们验收后马上退"}, at=desk)
        tell.equal("the case when granted", self._case(case)["state"], "approved")
        self.shopper.ask("POST", f"/aftersales/{case}/parcel", {"courier": "YTO", "tracking_number": "YT20260000012345"})
        self.stage.move(minutes=2)
        self.clerk.send(f"{desk}receive/", {}, at=desk)
        self.stage.wait(lambda: self._case(case)["state"] == "refunded", "the refund of a return")
        refund = self._case(case)["refund"]
        tell.equal("the refund", (refund["state"], refund["amount_fen"]), ("succeeded", worth_fen))
        self.shelf.check_stock(cakes)
        tell.say(f"顾客寄回一盒，店员验收（不再上架），{yuan(worth_fen)} 原路退回",
                 f"One pack comes back and is looked at (it is not sold again); {yuan(worth_fen)} go back")
        return worth_fen, refund["id"]

    def pick_up(self) -> tuple[int, str]:
        """An order fetched at a point by its code; (paid, the payment's number)."""
        tell, tea = self.teller, self.shelf.tea
        tell.scene("自提：凭码核销", "Picked up with a code")
        point = self._point()
        items = [{"sku_id": tea.sku_id, "quantity": 1}]
        contact = {"name": "林小满", "phone": "13800138000"}
        quote = self.shopper.ask("POST", "/checkout/preview", {"items": items, "delivery": "pickup"})
        tell.equal("freight of a pick-up", quote["freight_fen"], 0)
        placed = self.shopper.ask("POST", "/orders", {"items": items, "delivery": "pickup", "point_id": point, "contact": contact,
                                                      "shown_total_fen": quote["total_fen"], "remark": ""})
        self.shelf.check_stock(tea, -1)
        number = self.shopper.start_payment(placed["id"])["payment_id"]
        order = self.shopper.pay(placed["id"])
        code = order["pickup"]["code"]
        counter = f"/admin/hand-over/{placed['id']}/"
        self._says_no(lambda: self.clerk.send(counter, {"code": code}, at="/admin/hand-over/"))
        set_point_staff(self.stage.ctx(STAFF), point_id=point, staff_ids=[self._clerk[0]])
        self.clerk.send(counter, {"code": code}, at="/admin/hand-over/")
        tell.equal("the order after the hand-over", self.shopper.order(placed["id"])["state"], "completed")
        self._says_no(lambda: self.clerk.send(counter, {"code": code}, at="/admin/hand-over/"))
        self.stage.wait(lambda: self._told(number) == 1, "WeChat's word of the hand-over")
        tell.say(f"提货码 {code}：别的店的人核不了，本点店员一次核销，订单完成；同一个码不能再用",
                 f"Code {code}: nobody from elsewhere can use it, the point's staff does once, and then it is dead")
        return order["paid_fen"], number

    @cached_property
    def _clerk(self) -> tuple[str, str, str]:
        """Somebody new who works in the shop: (id, log-in name, password)."""
        login, password = f"story-{self.teller.run}", f"{human_code(12)} {human_code(12)}"
        made = create_staff(self.stage.ctx(), login=login, name="小周", roles=["owner"], password=password,
                            must_change_password=False)
        return made.staff_id, login, password

    @cached_property
    def clerk(self) -> Console:
        """They, logged in to the console."""
        return Console(self.stage.running.url, *self._clerk[1:])

    def _send_parcel(self, order_id: str, number: str, lines: list[dict[str, Any]]) -> None:
        page = f"/admin/orders/{order_id}/"
        packed = {f"q_{line['id']}": line["quantity"] - line["refund_qty"] for line in lines}
        self.clerk.send(f"{page}ship/", {"courier": "SF", "tracking_number": number, "note": "", **packed}, at=page)

    def _says_no(self, action: Callable[[], Any]) -> None:
        """The console must refuse it."""
        self.teller.checks += 1
        try:
            said = action()
        except ConsoleSaysNo:
            return
        raise Differs(f"the console was expected to refuse it, and it says {said!r}")

    def _point(self) -> str:
        """A pick-up point of this story, where nobody works yet."""
        return save_pickup_point(
            self.stage.ctx(STAFF), store_id=MAIN_STORE, kind="community", name=f"翠苑小区 {self.teller.run}", region_code="330106",
            detail="文一路 88 号", phone="13800138000", longitude=120.12, latitude=30.28, hours=EVERY_DAY)

    def _left(self, order_id: str) -> list[dict[str, Any]]:
        lines = [line for line in self.shopper.order(order_id)["lines"] if line["refund_qty"] < line["quantity"]]
        if len(lines) < 2:
            raise Differs(f"two lines were expected to be left of {order_id}, and there are {len(lines)}")
        return lines

    def _case(self, case: str) -> dict[str, Any]:
        return self.shopper.ask("GET", f"/aftersales/{case}")

    def _told(self, payment_number: str) -> int:
        """How many parcels WeChat knows of a payment."""
        return sum(max(len(each["parcels"]), 1) for each in self.stage.phone.shipping(payment_number))
