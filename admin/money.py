"""The money desk: payments, refunds, WeChat's bills, and what does not fit – with what to do about it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import flash, redirect, request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Query
from werkzeug.wrappers import Response

from admin.base import HEAD_OFFICE, Asked, Button, ReadOnlyView, attempt, client_key, expose, needs
from admin.filters import CameDays, Choice, Days
from admin.formats import badge, badges, code, shown
from admin.gate import context
from admin.links import link
from admin.menu import MONEY
from admin.words import Said, say
from backend.infra.db import read_only
from backend.kernel.errors import NOT_FOUND
from backend.orders.models import Order
from backend.payments.models import Bill, BillDifference, Payment, PaymentException, Refund
from backend.queries.bills import bill_page, newest_bill_day
from backend.queries.payment_page import payment_page, refund_page
from backend.usecases.close_bill_difference import close_bill_difference
from backend.usecases.recompare_bill import recompare_bill
from backend.usecases.retry_refund import retry_refund
from backend.usecases.settle_exception import settle_exception

PAYMENT_WORDS: Mapping[str, tuple[Said, str]] = {
    "asked": (say("正在下单", "Being asked for"), "info"), "open": (say("待付款", "To be paid"), "info"),
    "closed": (say("已关闭", "Closed"), "plain"), "succeeded": (say("已入账", "Booked"), "good"),
    "surplus": (say("多付，自动退回", "Surplus, goes back"), "warn"),
}
REFUND_WORDS: Mapping[str, tuple[Said, str]] = {
    "asked": (say("待发出", "To be sent"), "info"), "sent": (say("微信处理中", "With WeChat"), "info"),
    "succeeded": (say("已到账", "Arrived"), "good"), "abnormal": (say("卡住，需处理", "Stuck"), "bad"),
    "closed": (say("未成功，已作废", "Given up"), "plain"),
}
REFUND_KINDS = {"order": say("订单退款", "Refund"), "surplus": say("多付退回", "Surplus")}

RETRY = say("先看微信给的原因。处理好后点“重试退款”，系统用同一退款单号再发一次，不会重复退。",
            "Read WeChat's reason first. Then press “Retry”: the same number is sent again and cannot be paid twice.")
COMPARE = say("请到微信支付商户平台按单号核对。钱确实多收或少收时，先与顾客联系，线下或在商户平台退款，再把经过写进备注。",
              "Look the number up on WeChat's merchant platform. If money is really wrong, talk to the shopper, refund it there, "
              "then write down what was done.")
NOT_OURS = say("这笔通知与我们的参数不符，没有入账。请核对商户号和小程序配置；若有人伪造通知，保留这条记录即可。",
               "This news does not carry our own numbers and was not booked. Check the merchant number and the app; if somebody "
               "forged it, keeping this record is all there is to do.")
EXCEPTIONS: Mapping[str, tuple[Said, Said]] = {
    "wrong_amount": (say("付款金额与订单不符", "Another amount was paid"), COMPARE),
    "wrong_currency": (say("付款币种不是人民币", "Paid in another currency"), COMPARE),
    "wrong_payer": (say("付款人不是下单人", "Somebody else paid"), COMPARE),
    "wrong_mchid": (say("商户号不符", "Another merchant's number"), NOT_OURS),
    "wrong_appid": (say("小程序不符", "Another app"), NOT_OURS),
    "second_transaction": (say("同一单号出现两笔交易", "Two transactions under one number"), COMPARE),
    "unknown_payment": (say("收到未知单号的付款", "Payment under an unknown number"), COMPARE),
    "unknown_refund": (say("收到未知单号的退款", "Refund under an unknown number"), COMPARE),
    "wrong_refund": (say("退款金额或订单不符", "Another refund than we asked for"), COMPARE),
    "refund_refused": (say("微信拒绝了退款", "WeChat refused a refund"), RETRY),
    "refund_abnormal": (say("退款没有退到顾客账户", "A refund did not reach the shopper"), say(
        "多半是顾客的银行卡已注销或冻结。请到商户平台“退款异常处理”改退其他卡；退好后点“重试退款”，系统会查到结果并入账。",
        "Mostly the shopper's card is closed or frozen. Redirect it on the merchant platform (abnormal refunds), then press "
        "“Retry”: the result is found and booked.")),
    "refund_closed": (say("微信关闭了退款", "WeChat gave a refund up"), say(
        "钱没有退出去，已从退款额度中放回。需要时请在订单里重新退款，再把这条标为已处理。",
        "No money went back and the amount may be refunded anew. Refund it again in the order if it is still due, then settle "
        "this.")),
}
LATE = (say("退款结果前后不一", "News about a refund contradict each other"), COMPARE)
PROBLEMS = {
    "missing_here": (say("微信有，我们没有", "WeChat has it, we do not"), say(
        "可能通知还没到：系统会自己去查。过一会儿点“重新对账”；仍在的话，按单号到商户平台核对。",
        "News may still come: it is asked for by itself. Compare again in a while; if it stays, look it up at WeChat.")),
    "missing_there": (say("我们有，微信没有", "We have it, WeChat does not"), say(
        "可能跨日：微信把它记在前一天或后一天。请看相邻日期的账单，确认后写备注关闭。",
        "It may stand on the neighbouring day's bill. Look there, then close it with a note.")),
    "amount": (say("金额不一致", "The amounts differ"), COMPARE),
}


DETAILS = {
    "problem": say("微信答复", "WeChat says"), "out_trade_no": say("支付单号", "Payment"), "state": say("状态", "State"),
    "refund_fen": say("退款金额", "Refunded"), "total_fen": say("金额", "Total"), "payer_total_fen": say("实付", "Paid"),
    "transaction_id": say("微信交易号", "WeChat's number"), "appid": say("小程序", "App"), "mchid": say("商户号", "Merchant"),
    "currency": say("币种", "Currency"), "success_at": say("付款时间", "Paid at"),
}
"""What the fields of WeChat's news are called."""


def words_of(kind: str) -> tuple[Said, Said]:
    """What an exception is called, and what to do about it."""
    return EXCEPTIONS.get(kind, LATE)


class OfOrders(ReadOnlyView):
    """A list of money: rows belong to the store of their order."""

    category = MONEY
    scope = "order_id"
    column_default_sort = ("id", True)

    def scoped(self, query: Query[Any]) -> Query[Any]:
        actor = context().actor
        if actor.sees_all:
            return query
        mine = select(Order.id).where(Order.id == self.model.order_id, Order.store_id.in_(sorted(actor.store_ids or ())))
        return query.filter(mine.exists())

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        ids = {row.order_id for row in rows}
        found = read_only.session.query(Order.id, Order.number).filter(Order.id.in_(ids)) if ids else ()
        return {"numbers": dict(tuple(row) for row in found)}

    def order_link(self, row: Any) -> Any:
        """The number of a row's order, leading to it."""
        return Markup('<span class="nowrap">{}</span>').format(
            link(self.page["numbers"].get(row.order_id), "orders.details_view", row_id=row.order_id))

    def search(self, query: Query[Any], text: str) -> Query[Any]:
        """By our number, WeChat's number, or the order's number or id."""
        order = read_only.session.query(Order.id).filter(Order.number == text.upper()).first()
        columns = [self.model.id, self.model.order_id, getattr(self.model, self.search_exact[1])]
        fits = columns[0] == text
        for column in columns[1:]:
            fits = fits | (column == text)
        return query.filter(self.model.order_id == order[0]) if order else query.filter(fits)


def order_number(view: OfOrders, _: Any, row: Any, __: str) -> Any:
    """Formatter: the order of a row of money."""
    return view.order_link(row)


def both_numbers(row: Any) -> Markup:
    """Our number of a payment and, below, WeChat's."""
    if not row.transaction_id:
        return code(row.id)
    return Markup('{}<br><small class="muted">{}</small>').format(code(row.id), code(row.transaction_id))


class Payments(OfOrders):
    """Every attempt to pay, newest first."""

    title, permission, icon, endpoint = say("支付", "Payments"), "money.view", "coins", "payments"
    model = Payment
    columns = {"id": say("支付单号", "Payment"), "order": say("订单", "Order"), "amount_fen": say("金额", "Amount"),
               "state": say("状态", "State"), "refund_fen": say("已退（含处理中）", "Refunded"), "paid_at": say("付款时间", "Paid")}
    reads = ("id", "order_id", "amount_fen", "state", "refund_fen", "paid_at", "transaction_id")
    search_exact, search_hint = ("id", "transaction_id"), say("订单号、支付单号或微信交易号", "Order, payment or WeChat number")
    filters = (Choice("state", say("状态", "State"), {name: words for name, (words, _) in PAYMENT_WORDS.items()}),
               CameDays("pay", say("发起日期", "Begun")))
    sheet, sheet_fields = "payments", {"state": "state", "came_from": "since", "came_to": "until"}
    column_formatters = {"id": shown(both_numbers), "state": badges(PAYMENT_WORDS), "order": order_number,
                         "refund_fen": shown(lambda row: row.refund_fen or None)}

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """A payment with its order, refunds and bookings."""
        return self.render("money/payment.html", page=payment_page(context(), payment_id=row_id), payment_words=PAYMENT_WORDS,
                           refund_words=REFUND_WORDS, words_of=words_of, accounts=ACCOUNTS)


class Refunds(OfOrders):
    """Every refund, newest first; stuck ones can be sent again."""

    title, permission, icon, endpoint = say("退款", "Refunds"), "money.view", "undo", "refunds"
    model = Refund
    columns = {"id": say("退款单号", "Refund"), "order": say("订单", "Order"), "amount_fen": say("金额", "Amount"),
               "state": say("状态", "State"), "kind": say("类型", "Kind"), "reason": say("原因", "Reason"),
               "asked_at": say("申请时间", "Asked"), "problem": say("微信答复", "WeChat says")}
    reads = ("id", "order_id", "amount_fen", "state", "kind", "reason", "asked_at", "problem")
    search_exact, search_hint = ("id", "payment_id"), say("订单号、退款单号或支付单号", "Order, refund or payment number")
    filters = (Choice("state", say("状态", "State"), {name: words for name, (words, _) in REFUND_WORDS.items()}),
               CameDays("ref", say("申请日期", "Asked")))
    sheet, sheet_fields = "refunds", {"state": "state", "came_from": "since", "came_to": "until"}
    column_formatters = {"state": badges(REFUND_WORDS), "order": order_number,
                         "kind": shown(lambda row: Markup('<span class="nowrap">{}</span>').format(REFUND_KINDS[row.kind]))}

    def buttons(self, row: Any) -> Sequence[Button]:
        if row.state != "abnormal":
            return ()
        return (retry_button(self.get_url(".retry", row_id=row.id)),)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """A refund with its lines and bookings."""
        page = refund_page(context(), refund_id=row_id)
        buttons = [retry_button(self.get_url(".retry", row_id=row_id))] if page.refund.state == "abnormal" else []
        return self.render("money/refund.html", page=page, buttons=buttons, payment_words=PAYMENT_WORDS, refund_words=REFUND_WORDS,
                           kinds=REFUND_KINDS, words_of=words_of, accounts=ACCOUNTS)

    @expose("/<id:row_id>/retry/", methods=("POST",))
    @needs("money.check")
    def retry(self, row_id: str) -> Response:
        """Send a stuck refund once more."""
        attempt(retry_refund, refund_id=row_id, key=client_key(),
                done=say("已安排重新退款，几秒后刷新看结果。", "It will be sent again; reload in a few seconds."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)


def retry_button(url: str) -> Button:
    """The button that sends a stuck refund again."""
    return Button(say("重试退款", "Retry"), url, "money.check", post=True, key=True, tone="primary", confirm=say(
        "用同一退款单号再发一次？不会重复退款。", "Send it again under the same number? It cannot be paid twice."))


ACCOUNTS = {"wechat": say("微信账户", "At WeChat"), "sales:goods": say("商品销售", "Sales: goods"),
            "sales:freight": say("运费收入", "Sales: freight"), "owed:surplus": say("应退余款", "Owed: surplus")}


class Bills(ReadOnlyView):
    """WeChat's daily bills, compared with our books."""

    title, permission, category, icon, endpoint = say("对账", "Bills"), "money.view", MONEY, "check", "bills"
    model, scope = Bill, HEAD_OFFICE
    lead = say("每天 10:30 自动拿微信账单与账本逐笔核对。",
               "Every day at 10:30 WeChat's bill is compared with our books, line by line.")
    columns = {"day": say("日期", "Day"), "result": say("结果", "Result"), "payments": say("付款笔数", "Payments"),
               "payments_fen": say("付款金额", "Paid"), "refunds": say("退款笔数", "Refunds"),
               "refunds_fen": say("退款金额", "Refunded"), "compared_at": say("对账时间", "Compared")}
    column_default_sort = ("day", True)
    filters = (Days("compared_at", say("对账日期", "Compared")),)
    list_template = "money/bills.html"
    empty = say("还没有对过账", "Nothing was compared yet")

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        days = [row.day for row in rows]
        still = select(BillDifference.day).where(BillDifference.state == "open", BillDifference.day.in_(days))
        open_days: dict[date, int] = {}
        for (day,) in read_only.session.execute(still) if days else ():
            open_days[day] = open_days.get(day, 0) + 1
        return {"open": open_days, "newest": newest_bill_day(context())}

    def row_key(self, row: Any) -> str:
        return row.day.isoformat()

    def get_one(self, id: str) -> Any:
        """By the day, as an ISO date."""
        try:
            day = date.fromisoformat(id)
        except ValueError:
            return None
        return self.get_query().filter(Bill.day == day).first()

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """A day: what was compared and every difference."""
        bill = bill_page(context(), day=self.row_or_404(row_id).day)
        if bill is None:
            raise NOT_FOUND()
        return self.render("money/bill.html", bill=bill, problems=PROBLEMS, day=row_id)

    @expose("/compare/", methods=("POST",))
    @needs("money.check")
    def compare(self) -> Response:
        """Have a day compared anew."""
        try:
            day = date.fromisoformat(request.form.get("day", ""))
        except ValueError:
            flash(str(say("请选择日期。", "Please choose a day.")), "bad")
            return redirect(self.get_url(".index_view"), 303)
        attempt(recompare_bill, day=day, done=say(f"正在核对 {day} 的账单，几秒后刷新看结果。",
                                                  f"The bill of {day} is being compared; reload in a few seconds."))
        return redirect(self.get_url(".index_view"), 303)

    @expose("/<id:row_id>/close/", methods=("POST",))
    @needs("money.check")
    def close(self, row_id: str) -> Response:
        """Close a difference with a note."""
        day = self.row_or_404(row_id).day
        attempt(close_bill_difference, day=day, kind=request.form.get("kind", ""), number=request.form.get("number", ""),
                note=request.form.get("note", ""), done=say("已关闭。", "Closed."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)


def bill_result(view: Bills, _: Any, row: Any, __: str) -> Any:
    """Formatter: whether a day's bill agrees with our books."""
    still = view.page["open"].get(row.day, 0)
    if still:
        return badge(say("%s 笔差异待处理", "%s differences open") % still, "bad")
    return badge(say("一致", "In agreement"), "good") if not row.differences else badge(say("差异已处理", "Settled"), "plain")


Bills.column_formatters = {"result": bill_result}


class Exceptions(ReadOnlyView):
    """Money news that does not fit our books: never applied, never dropped, settled by a person."""

    title, permission, category, icon, endpoint = say("资金异常", "Exceptions"), "money.view", MONEY, "alert", "exceptions"
    model, scope = PaymentException, HEAD_OFFICE
    lead = say("微信的消息和账本对不上时放在这里，没有入账，也不会丢。",
               "What WeChat says and what does not fit our books: not booked, never lost.")
    columns = {"kind": say("情况", "What happened"), "number": say("单号", "Number"), "state": say("状态", "State"),
               "at": say("时间", "Time"), "note": say("处理结果", "What came of it")}
    column_default_sort = ("id", True)
    search_exact = ("number", "transaction_id")
    search_hint = say("支付单号、退款单号或微信交易号", "Payment, refund or WeChat number")
    filters = (Choice("kind", say("情况", "Kind"), {name: words for name, (words, _) in EXCEPTIONS.items()}),
               Choice("state", say("状态", "State"), {"open": say("待处理", "Open"), "closed": say("已处理", "Settled")}))
    sheet, sheet_fields = "exceptions", {"kind": "kind", "state": "state"}
    column_formatters = {"kind": shown(lambda row: words_of(row.kind)[0]), "number": shown(lambda row: code(row.number)),
                         "state": badges({
        "open": (say("待处理", "Open"), "bad"), "closed": (say("已处理", "Settled"), "plain")})}
    empty = say("没有异常，账是平的", "No exceptions: the books are level")

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        state = asked.filters.get("state", "")
        words = {"": say("全部", "All"), "open": say("待处理", "Open"), "closed": say("已处理", "Settled")}
        return [(label, self.get_url(".index_view", **({"state": name} if name else {})), state == name, None)
                for name, label in words.items()]

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """One exception: what happened, what to do, and the refund that can be sent again."""
        row = self.row_or_404(row_id)
        refund = read_only.session.get(Refund, row.number) if row.number.startswith("ref_") else None
        payment = read_only.session.get(Payment, row.number) if row.number.startswith("pay_") else None
        order = read_only.session.get(Order, (payment or refund).order_id) if payment or refund else None  # type: ignore[union-attr]
        return self.render("money/exception.html", row=row, words=words_of(row.kind), refund=refund, payment=payment, order=order,
                           refund_words=REFUND_WORDS, payment_words=PAYMENT_WORDS, detail_words=DETAILS,
                           buttons=[retry_button(self.get_url("admin_refunds.retry", row_id=refund.id))]
                           if refund is not None and refund.state == "abnormal" else [])

    @expose("/<id:row_id>/settle/", methods=("POST",))
    @needs("money.check")
    def settle(self, row_id: str) -> Response:
        """Settle it with a note."""
        attempt(settle_exception, exception_id=row_id, note=request.form.get("note", ""), done=say("已处理。", "Settled."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303)
