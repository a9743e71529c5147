"""Second half of the story: what happens by itself to orders that nobody pays, and how money goes back."""

from datetime import date, timedelta

from backend.checks.check_books import CHECKS, check_books
from backend.commands._story import STAFF, Differs, Teller, yuan
from backend.commands._story_buying import Buying
from backend.commands._story_goods import Shelf
from backend.kernel.calendar import business_day, day_start
from backend.queries.bills import compared_bill
from backend.queries.refunds import refunds_standing
from backend.usecases.refund_order import refund_order

LATE_SECONDS = 60
BILL_TIME = timedelta(hours=10, minutes=31)


class Money:
    """Time passes, money moves."""

    def __init__(self, teller: Teller, shelf: Shelf, buying: Buying) -> None:
        self.teller, self.shelf, self.buying, self.stage = teller, shelf, buying, teller.stage
        self.paid_fen = self.returned_fen = 0
        self.numbers: list[str] = []

    def forged_news(self) -> str:
        """News that WeChat did not send changes nothing; the id of the unpaid order."""
        tell = self.teller
        tell.scene("有人伪造付款通知", "Somebody forges a notification")
        placed = self.buying.buy_now(self.shelf.cakes, 1)
        number = self.buying.shopper.start_payment(placed["id"])["payment_id"]
        for kind in ("forged-signature", "altered-body", "unsigned", "stale-timestamp"):
            tell.equal(f"answer to {kind}", self.stage.phone.attack(kind, out_trade_no=number)["status"], 401)
        tell.equal("the order after forged news", self.buying.shopper.order(placed["id"])["state"], "unpaid")
        tell.say("冒名签名、改过的正文、没有签名、过期签名：全部 401，订单还是待付款",
                 "A stranger's signature, an altered body, none at all, an old one: all 401, the order stays unpaid")
        return placed["id"]

    def closes_by_itself(self, order_id: str) -> None:
        """After the time to pay the order is closed and its stock is back."""
        tell, minutes = self.teller, self.stage.ctx().shop.payment_minutes
        self.stage.move(minutes=minutes, seconds=1)
        tell.scene(f"{minutes} 分钟没付款，订单自动关闭", f"Unpaid for {minutes} minutes, the order closes by itself")
        self._wait_for_state(order_id, "closed")
        tell.refused("not_allowed_now", lambda: self.buying.shopper.start_payment(order_id))
        self.shelf.check_stock(self.shelf.cakes, +1)
        tell.say("先向微信关单、确认没付，再放回库存；此后不能再付款",
                 "First closed at WeChat, then the stock goes back; nobody can pay it any more")

    def late_payment(self) -> None:
        """A payment in flight that succeeds after the close goes back by itself."""
        tell, minutes = self.teller, self.stage.ctx().shop.payment_minutes
        tell.scene("关单后钱才到账", "The money arrives after the close")
        placed = self.buying.buy_now(self.shelf.cakes, 2)
        number = self.buying.shopper.start_payment(placed["id"])["payment_id"]
        self.stage.phone.arm("payment-after-close", out_trade_no=number, seconds=LATE_SECONDS)
        self.stage.move(minutes=minutes, seconds=1)
        self._wait_for_state(placed["id"], "closed")
        self.shelf.check_stock(self.shelf.cakes, +2)
        tell.say("订单已关闭，库存已放回", "The order is closed and its stock is back")
        self.stage.move(seconds=LATE_SECONDS + 1)
        self.stage.wait(lambda: self._returned(number) == placed["total_fen"], "the refund of a late payment")
        tell.equal("the order after the late payment", self.buying.shopper.order(placed["id"])["state"], "closed")
        self.paid_fen += placed["total_fen"]
        self.returned_fen += placed["total_fen"]
        self.numbers.append(number)
        tell.say(f"一分钟后微信说付了 {yuan(placed['total_fen'])}：订单不复活，钱自动原路退回",
                 f"A minute later {yuan(placed['total_fen'])} come in: the order stays closed, the money goes back")

    def cancel(self) -> None:
        """The shopper gives an order up."""
        tell = self.teller
        tell.scene("顾客取消订单", "The shopper cancels")
        placed = self.buying.buy_now(self.shelf.cup, 1)
        no = tell.refused("out_of_stock", lambda: self.buying.buy_now(self.shelf.cup, 1))
        tell.say(f"最后一件“{self.shelf.cup.name}”已被占住，再下一单被拒（{no.code}）",
                 f"The last “{self.shelf.cup.english}” is promised; another order is refused ({no.code})")
        tell.equal("state after cancelling", self.buying.shopper.cancel(placed["id"], "不想要了"), "closed")
        self.shelf.check_stock(self.shelf.cup, +1)
        tell.say("取消后立刻关闭，库存放回", "Cancelled, closed at once, and back on the shelf")

    def part_refund(self, order_id: str, payment_number: str) -> None:
        """Staff gives back one of two; exact to the fen."""
        tell, cakes = self.teller, self.shelf.cakes
        tell.scene("退一件，部分退款", "One piece comes back: a part refund")
        order = self.buying.shopper.order(order_id)
        line = next(line for line in order["lines"] if line["sku_id"] == cakes.sku_id)
        asked = refund_order(self.stage.ctx(STAFF), order_id=order_id, lines=[(line["id"], 1)], reason="少发一份")
        tell.equal("amount of the refund", asked["amount_fen"], cakes.price_fen)
        self.stage.wait(lambda: self._standing(asked["refund_id"]) == "succeeded", "the part refund")
        order = self.buying.shopper.order(order_id)
        line = next(line for line in order["lines"] if line["sku_id"] == cakes.sku_id)
        tell.equal("the order after the refund", (order["state"], order["refunded_fen"], line["refund_qty"],
                   line["refund_fen"]), ("paid", cakes.price_fen, 1, cakes.price_fen))
        tell.equal("what WeChat gave back", self._returned(payment_number), cakes.price_fen)
        self.shelf.check_stock(cakes, +1)
        tell.refused("refund_too_much", lambda: refund_order(
            self.stage.ctx(STAFF), order_id=order_id, lines=[(line["id"], 2)], reason="多退"))
        self.paid_fen += order["paid_fen"]
        self.returned_fen += cakes.price_fen
        self.numbers += [payment_number, asked["refund_id"]]
        tell.say(f"退 1 份青团 {yuan(cakes.price_fen)}，已到账；再想退 2 份，被拒",
                 f"{yuan(cakes.price_fen)} for one pack have arrived; two more are refused")

    def came_in(self, fen: int, number: str) -> None:
        """A payment of another scene, for the bill."""
        self.paid_fen += fen
        self.numbers.append(number)

    def went_back(self, fen: int, number: str) -> None:
        """A refund of another scene, for the bill."""
        self.returned_fen += fen
        self.numbers.append(number)

    def next_morning(self, day: date) -> None:
        """WeChat's bill of the day agrees with the books."""
        tell = self.teller
        self.stage.move_to(day_start(day + timedelta(days=1)) + BILL_TIME)
        tell.scene("第二天上午对账", "The next morning: WeChat's bill")
        self.stage.tick()
        self.stage.wait(lambda: compared_bill(self.stage.ctx(STAFF), day=day) is not None, "the bill")
        bill = compared_bill(self.stage.ctx(STAFF), day=day)
        if bill is None or bill.payments_fen < self.paid_fen or bill.refunds_fen < self.returned_fen:
            raise Differs(f"the bill of {day} has less than the story paid and got back: {bill}")
        tell.equal("numbers of this story on which books and bill disagree",
                   [each for each in bill.open if each.number in self.numbers], [])
        tell.say(f"{day} 的账单：{bill.payments} 笔收款 {yuan(bill.payments_fen)}，{bill.refunds} 笔退款 "
                 f"{yuan(bill.refunds_fen)}，与我们的账逐笔相符",
                 f"Bill of {day}: {bill.payments} payments {yuan(bill.payments_fen)}, {bill.refunds} refunds "
                 f"{yuan(bill.refunds_fen)}; number by number as in our books")

    def books_hold(self) -> None:
        """Nothing is left to do, and every check of the books agrees."""
        tell = self.teller
        tell.scene("收工：没有遗留，账目全部核对", "Closing time: nothing is left, all books are checked")
        tell.equal("faults in the books", check_books(self.stage.ctx()), [])
        tell.say(f"订单、付款、库存、总账、待办：{len(CHECKS)} 项检查全部成立",
                 f"Orders, payments, stock, ledger, outbox: all {len(CHECKS)} checks hold")

    def today(self) -> date:
        """The China day on the shop's clock."""
        return business_day(self.stage.now())

    def _wait_for_state(self, order_id: str, state: str) -> None:
        self.stage.wait(lambda: self.buying.shopper.order(order_id)["state"] == state, f"the state {state}")

    def _returned(self, payment_number: str) -> int:
        refunds = self.stage.phone.refunds(payment_number)
        return sum(each["amount"] for each in refunds if each["status"] == "SUCCESS")

    def _standing(self, refund_id: str) -> str:
        (standing,) = refunds_standing(self.stage.ctx(STAFF), refund_ids=[refund_id])
        return standing.state
