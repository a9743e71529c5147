"""First half of the story: from looking around to an order that is paid once, whatever WeChat says how often."""

from typing import Any

from backend.commands._shopper import Shopper
from backend.commands._story import Teller, yuan
from backend.commands._story_goods import Goods, Shelf

ADDRESS = {"name": "林小满", "phone": "13800138000", "region_code": "330106", "detail": "文三路 100 号 2 幢 301",
           "is_default": True}
RAISED_FEN = 400
Items = list[tuple[str, int]]


class Buying:
    """The shopper's way to a paid order."""

    def __init__(self, teller: Teller, shelf: Shelf) -> None:
        self.teller, self.shelf, self.stage = teller, shelf, teller.stage
        self.shopper: Shopper = self.stage.shopper(f"story {teller.run}", teller.language)
        self.address_id = ""

    def freight(self, goods_fen: int) -> int:
        """What the courier costs by the shop's settings."""
        rules = self.stage.ctx().shop
        return 0 if goods_fen >= rules.free_freight_from_fen else rules.freight_fen

    def look_around(self) -> None:
        """Search and product page, without a log-in."""
        tell, tea = self.teller, self.shelf.tea
        tell.scene("逛商城（不用登录）", "Looking around, without a log-in")
        for query in (f"桂花龙井 {tell.run}", f"{tell.run} 龙"):
            found = self.stage.shop.ask("GET", "/api/v1/products", params={"q": query})["items"]
            tell.equal(f"what {query!r} finds", [each["id"] for each in found], [tea.product_id])
        tell.equal("price on the list", found[0]["price_fen"], tea.price_fen)
        tell.say(f"搜“桂花龙井”和一个“龙”字，都找到“{tea.name}”，{yuan(tea.price_fen)}",
                 f"Two words or one character both find “{tea.english}” at {yuan(tea.price_fen)}")
        self.shelf.check_stock(tea)
        tell.say(f"商品页：还有 {tea.stock} 件", f"Its page says that {tea.stock} are left")

    def log_in(self) -> None:
        """The first log-in makes a member; then the address."""
        tell = self.teller
        tell.scene("登录，填收货地址", "Logging in, giving an address")
        tell.equal("new member", self.shopper.log_in()["new"], True)
        first = self.shopper.member_id
        tell.equal("second log-in", self.shopper.log_in()["new"], False)
        tell.equal("member of the second log-in", self.shopper.member_id, first)
        tell.say("微信登录：新会员；再登录一次，还是同一个人",
                 "A new member by WeChat; logging in again is the same person")
        self.address_id = self.shopper.add_address(ADDRESS)
        tell.equal("addresses", [each["detail"] for each in self.shopper.addresses()], [ADDRESS["detail"]])
        tell.say(f"地址：杭州市西湖区{ADDRESS['detail']}", "An address in Hangzhou, Xihu district")

    def fill_cart(self) -> None:
        """Three kinds of goods, one of them too many."""
        tell, shelf = self.teller, self.shelf
        tell.scene("购物车里有一行买不了", "A cart with a line that cannot be bought")
        cart = self.shopper.put_cart([(shelf.tea.sku_id, 1), (shelf.cakes.sku_id, 2), (shelf.cup.sku_id, 3)])
        tell.equal("lines that can be bought", [line["sku_id"] for line in cart["lines"]],
                   [shelf.tea.sku_id, shelf.cakes.sku_id])
        (invalid,) = cart["invalid"]
        tell.equal("the line that cannot", (invalid["sku_id"], invalid["why"]["code"], invalid["why"]["available"]),
                   (shelf.cup.sku_id, "too_few", 1))
        goods_fen = shelf.tea.price_fen + 2 * shelf.cakes.price_fen
        tell.equal("goods of the cart", cart["goods_fen"], goods_fen)
        tell.say(f"“{shelf.cup.name}”想买 3 件：{invalid['why']['message']}单独列出，不算钱",
                 f"3 × “{shelf.cup.english}”: {invalid['why']['message']} It stands apart and costs nothing")
        cart = self.shopper.ask("DELETE", f"/cart/lines/{shelf.cup.sku_id}")
        tell.equal("the cart afterwards", (cart["count"], cart["invalid"]), (2, []))
        tell.say(f"移出这一行，购物车合计 {yuan(goods_fen)}", f"That line goes; the cart comes to {yuan(goods_fen)}")

    def preview(self) -> dict[str, Any]:
        """The quote, with its reasons."""
        tell, shelf = self.teller, self.shelf
        tell.scene("结算预览，逐项说明", "The preview explains itself")
        quote = self.shopper.preview(address_id=self.address_id)
        goods_fen = shelf.tea.price_fen + 2 * shelf.cakes.price_fen
        freight_fen = self.freight(goods_fen)
        tell.equal("amounts of the preview", (quote["goods_fen"], quote["freight_fen"], quote["total_fen"]),
                   (goods_fen, freight_fen, goods_fen + freight_fen))
        tell.equal("sum of the reasons", sum(each["amount_fen"] for each in quote["explanation"]), quote["total_fen"])
        for line in quote["lines"]:
            tell.equal("sum of a line's reasons", sum(each["amount_fen"] for each in line["explanation"]),
                       line["amount_fen"])
        for each in quote["explanation"]:
            tell.say(f"{each['text']}：{yuan(each['amount_fen'])}", f"{each['text']}: {yuan(each['amount_fen'])}")
        return quote

    def place_after_a_move(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Staff raises a price between preview and order: refused, shown anew, placed."""
        tell, shelf = self.teller, self.shelf
        tell.scene("下单时价格变了", "The price moves before the order")
        shelf.reprice(shelf.tea, shelf.tea.price_fen + RAISED_FEN)
        no = tell.refused("total_moved", lambda: self.shopper.place(self.address_id, shown["total_fen"]))
        tell.equal("total in the refusal", no.details["total_fen"], shown["total_fen"] + RAISED_FEN)
        shelf.check_stock(shelf.tea)
        tell.say(f"商家把茶价调到 {yuan(shelf.tea.price_fen)}；按 {yuan(shown['total_fen'])} 下单被拒，库存不动",
                 f"The tea now costs {yuan(shelf.tea.price_fen)}; the order at {yuan(shown['total_fen'])} is refused, "
                 "no stock moves")
        quote = self.shopper.preview(address_id=self.address_id)
        tell.equal("the total shown anew", quote["total_fen"], no.details["total_fen"])
        key = f"story-{tell.run}-first"
        placed = self.shopper.place(self.address_id, quote["total_fen"], key=key)
        tell.equal("total of the order", placed["total_fen"], quote["total_fen"])
        again = self.shopper.place(self.address_id, quote["total_fen"], key=key)
        tell.equal("the same order sent twice", again, placed)
        shelf.check_stock(shelf.tea, -1)
        shelf.check_stock(shelf.cakes, -2)
        tell.say(f"看过新价 {yuan(quote['total_fen'])} 再下单：成功，订单号 {placed['number']}；重复提交仍是同一单",
                 f"Shown {yuan(quote['total_fen'])}, ordered as {placed['number']}; sent again it is the same order")
        return placed

    def pay(self, placed: dict[str, Any]) -> str:
        """Prepay, cashier, signed notification; then the same news three times more. The payment's number."""
        tell = self.teller
        tell.scene("微信支付", "Paying by WeChat")
        payment = self.shopper.start_payment(placed["id"])
        again = self.shopper.start_payment(placed["id"])
        tell.equal("the attempt when asked twice", again["payment_id"], payment["payment_id"])
        order = self.shopper.pay(placed["id"])
        tell.equal("the paid order", (order["state"], order["paid_fen"]), ("paid", placed["total_fen"]))
        tell.equal("history", [each["state"] for each in order["history"]], ["unpaid", "paid"])
        tell.say(f"付款 {yuan(order['paid_fen'])}，通知验签通过，订单“{order['state_text']}”",
                 f"{yuan(order['paid_fen'])} paid, the notification is genuine, the order is “{order['state_text']}”")
        answers = self.stage.phone.attack("duplicate", out_trade_no=payment["payment_id"], count=3)["answers"]
        tell.equal("answers to repeated news", [each["status"] for each in answers], [204, 204, 204])
        repeated = self.shopper.order(placed["id"])
        tell.equal("the order after repeated news", repeated, order)
        tell.say("微信把同一通知又发了三遍：都答收到，订单和账一分不变",
                 "WeChat sends the same news three times more: all taken, nothing changes")
        return payment["payment_id"]

    def buy_now(self, goods: Goods, count: int) -> dict[str, Any]:
        """Place an order of one thing, past the cart; stock is reserved."""
        goods_fen = count * goods.price_fen
        items: Items = [(goods.sku_id, count)]
        placed = self.shopper.place(self.address_id, goods_fen + self.freight(goods_fen), items)
        self.shelf.check_stock(goods, -count)
        return placed
