"""Third part of the story: staff ships, hands over at a pick-up point, and answers what a shopper asks after the sale."""

from typing import Any

from backend.commands._story import STAFF, Differs, Teller, yuan
from backend.commands._story_buying import Buying
from backend.commands._story_goods import Shelf
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.ids import human_code
from backend.organisation import MAIN_STORE
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.create_staff import create_staff
from backend.usecases.hand_over import hand_over
from backend.usecases.receive_return import receive_return
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff
from backend.usecases.ship_order import ship_order

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
            state = ship_order(self.stage.ctx(STAFF), order_id=order_id, courier="SF", tracking_number=NUMBER.format(parcel),
                               lines=[(line["id"], line["quantity"] - line["refund_qty"]) for line in packed])["state"]
            tell.equal("the order after a parcel", state, ("paid", "shipped")[parcel])
        tell.refused("not_allowed_now", lambda: ship_order(
            self.stage.ctx(STAFF), order_id=order_id, courier="SF", tracking_number=NUMBER.format(9)))
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
        approve_aftersale(self.stage.ctx(STAFF), aftersale_id=case, answer="抱歉，请寄回，我们验收后马上退")
        tell.equal("the case when granted", self._case(case)["state"], "approved")
        self.shopper.ask("POST", f"/aftersales/{case}/parcel", {"courier": "YTO", "tracking_number": "YT20260000012345"})
        self.stage.move(minutes=2)
        receive_return(self.stage.ctx(STAFF), aftersale_id=case)
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
        point, clerk = self._point()
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
        stranger = staff("stf_nobody_here", EVERYTHING)
        tell.refused("not_your_pickup_point", lambda: hand_over(self.stage.ctx(stranger), order_id=placed["id"]))
        hand_over(self.stage.ctx(clerk), code=code)
        tell.equal("the order after the hand-over", self.shopper.order(placed["id"])["state"], "completed")
        tell.refused("already_handed_over", lambda: hand_over(self.stage.ctx(clerk), code=code))
        self.stage.wait(lambda: self._told(number) == 1, "WeChat's word of the hand-over")
        tell.say(f"提货码 {code}：别的店的人核不了，本点店员一次核销，订单完成；同一个码不能再用",
                 f"Code {code}: nobody from elsewhere can use it, the point's staff does once, and then it is dead")
        return order["paid_fen"], number

    def _point(self) -> tuple[str, Any]:
        """A pick-up point of this story, and somebody who works there."""
        ctx, run = self.stage.ctx(STAFF), self.teller.run
        made = create_staff(self.stage.ctx(), login=f"story-{run}", name="小周", roles=["orders"],
                            password=f"{human_code(12)} {human_code(12)}", must_change_password=False)
        point = save_pickup_point(
            ctx, store_id=MAIN_STORE, kind="community", name=f"翠苑小区 {run}", region_code="330106", detail="文一路 88 号",
            phone="13800138000", longitude=120.12, latitude=30.28, hours=EVERY_DAY)
        set_point_staff(ctx, point_id=point, staff_ids=[made.staff_id])
        return point, staff(made.staff_id, EVERYTHING)

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
