"""A shop in which everything has happened once: orders, payments and refunds in every state, and clean books."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from backend.aftersales.rules import Asked
from backend.app import create_app, runtime
from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState
from backend.gateways.wechat_shipping import ShippingRefused
from backend.infra import outbox
from backend.infra.clock import FileClock
from backend.infra.db import db
from backend.infra.once import ClientKey
from backend.infra.outbox import Lease
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, SYSTEM, Actor, staff
from backend.queries.exports import my_exports
from backend.reactions import NAMES
from backend.usecases.add_follow_up import add_follow_up
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.answer_review import answer_review
from backend.usecases.answer_ticket import answer_ticket
from backend.usecases.apply_picture_verdict import apply_picture_verdict
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_export import ask_export
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.cancel_order import cancel_order
from backend.usecases.change_order_price import change_order_price
from backend.usecases.change_reuse import change_reuse
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.check_import import check_import
from backend.usecases.check_refund import check_refund
from backend.usecases.close_order import close_order
from backend.usecases.close_ticket import close_ticket
from backend.usecases.confirm_import import confirm_import
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.count_deals import count_deals
from backend.usecases.count_reviews import count_reviews
from backend.usecases.count_sales import count_sales
from backend.usecases.edit_review import edit_review
from backend.usecases.give_up_screening import give_up_screening
from backend.usecases.hand_over import hand_over
from backend.usecases.hide_review import hide_review
from backend.usecases.mark_ready import mark_ready
from backend.usecases.open_export import open_export
from backend.usecases.open_ticket import open_ticket
from backend.usecases.plan_shipping_upload import plan_shipping_upload
from backend.usecases.put_cart_line import put_cart_line
from backend.usecases.read_import import read_import
from backend.usecases.receive_return import receive_return
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.run_export import run_export
from backend.usecases.run_import import run_import
from backend.usecases.screen_content import screen_content
from backend.usecases.send_message import send_message
from backend.usecases.send_refund import send_refund
from backend.usecases.settle_exception import settle_exception
from backend.usecases.ship_order import ship_order
from backend.usecases.show_review import show_review
from backend.usecases.take_import import take_import
from backend.usecases.tell_shipped import tell_shipped
from backend.usecases.upload_shipping import upload_shipping
from tests.conftest import NOON, make_settings
from tests.databases import hasten
from tests.fakes import LOST, FakeWorld
from tests.given_aftersales import DESK, Cases
from tests.given_goods import Goods
from tests.given_orders import STAFF, Shop
from tests.given_pickups import given_clerk, given_pickup, given_point
from tests.given_reviews import allow, bought, push
from tests.given_staff import given_staff
from tests.given_uploads import given_picture


@contextmanager
def busy_shop(folder: Path, database_url: str) -> Iterator[Shop]:
    """A shop on a migrated database that has lived through everything, inside its app context."""
    FileClock(folder / "clock").move_to(NOON)
    settings, world = make_settings(folder, database_url), FakeWorld()
    app = create_app(settings, world.gateways(settings))
    with app.app_context():
        hasten()
        shop = Shop(lambda actor=SYSTEM, **more: runtime(app).context(actor, **more), world, rows=_rows)
        live(app, shop, FileClock(folder / "clock"))
        yield shop
        for engine in db.engines.values():
            engine.dispose()


def _rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    with db.engines["read"].connect() as connection:
        return [dict(row) for row in connection.execute(sa.text(statement), params).mappings()]


def live(app: Flask, shop: Shop, clock: FileClock) -> None:
    """Play it all; at the end an order waits to be paid, one is closing and a refund is on its way."""
    li, mei = shop.shopper("li"), shop.shopper("mei")
    apples, pears, plums = shop.goods("A1", 5000, 50), shop.goods("B1", 3333, 50), shop.goods("C1", 1000, 50)
    early, _ = shop.paid(li, (plums, 1))
    send(shop, shop.refund(early))
    pass_time(clock, minutes=3 * 24 * 60)
    adjust_stock(shop.ctx(), sku_id=plums.sku_id, change=-7, reason="盘点")

    cancelled = shop.place(li, (apples, 2), key=ClientKey("key-1", "body"))
    assert cancel_order(shop.ctx(li.actor), order_id=cancelled) == "closed"

    overdue, late = shop.place(li, (pears, 1)), shop.place(mei, (pears, 2))
    shop.begin(li, overdue)
    late_payment = shop.begin(mei, late)
    pass_time(clock, minutes=16)
    close_order(shop.ctx(), order_id=overdue)
    close_order(shop.ctx(), order_id=late)
    assert shop.notify(_paid_after_all(shop, late_payment)) == "surplus"
    [surplus] = shop.rows("select id from refunds where kind = 'surplus'")
    send_refund(shop.ctx(), refund_id=surplus["id"])

    whole, _ = shop.paid(li, (apples, 1), (plums, 3))
    send(shop, shop.refund(whole, key=ClientKey("key-2", "body")))
    parts, _ = shop.paid(mei, (pears, 3), (plums, 1))
    [three, one] = shop.rows("select id from order_lines where order_id = :id order by position", id=parts)
    send(shop, shop.refund(parts, [(three["id"], 1)]))
    pass_time(clock, minutes=2)
    send(shop, shop.refund(parts, [(three["id"], 1), (one["id"], 1)]))
    freight, _ = shop.paid(li, (plums, 2))
    send(shop, shop.refund(freight, [], freight_fen=300))

    given_up, _ = shop.paid(mei, (plums, 4))
    [line] = shop.rows("select id from order_lines where order_id = :id", id=given_up)
    send(shop, shop.refund(given_up, [(line["id"], 1)]), RefundState.CLOSED)
    stuck, _ = shop.paid(mei, (plums, 5))
    send(shop, shop.refund(stuck), RefundState.ABNORMAL)

    leave(shop, clock)
    object_to(shop, clock)
    fetch(shop, clock)
    shop.place(li, (apples, 1))
    shop.begin(mei, shop.place(mei, (pears, 1)))
    closing = shop.place(mei, (plums, 1))
    shop.begin(mei, closing)
    assert cancel_order(shop.ctx(mei.actor), order_id=closing) == "closing"
    on_its_way, _ = shop.paid(li, (apples, 2))
    shop.world.pay.settle_refunds = False
    send_refund(shop.ctx(), refund_id=shop.refund(on_its_way)["refund_id"])
    put_cart_line(shop.ctx(li.actor), sku_id=apples.sku_id, quantity=3)
    tell(shop)
    count_deals(shop.ctx())
    talk(shop)
    work_off(shop.ctx())
    sheets(app, shop)
    desk(shop)


def sheets(app: Flask, shop: Shop) -> None:
    """Exports and imports: finished and fetched, and waiting for the worker; what a known clerk did; evidence, and keys."""
    clerk = staff(given_staff(app, "zhou", "owner"), EVERYTHING)
    asked = ask_export(shop.ctx(clerk), kind="stock", format="csv", filters={})
    run_export(shop.ctx(), export_id=asked)
    until, sign = next(each.link for each in my_exports(shop.ctx(clerk)) if each.id == asked)
    open_export(shop.ctx(clerk), export_id=asked, until=until, sign=sign)
    taken = take_sheet(shop, clerk, "Z1")
    for step in range(4):  # a slice each: the heading, the lines, the codes that stand twice
        read_import(shop.ctx(), import_id=taken, step=step)
    check_import(shop.ctx(), import_id=taken, step=shop.one("select step from imports")["step"])
    confirm_import(shop.ctx(clerk), import_id=taken)
    run_import(shop.ctx(), import_id=taken, step=shop.one("select step from imports")["step"])
    work_off(shop.ctx())
    take_sheet(shop, clerk, "Z2")
    ask_export(shop.ctx(clerk), kind="orders", format="csv", filters={})
    plums, mei = shop.goods("X1", 1000, 9), shop.shopper("mei")
    adjust_stock(shop.ctx(clerk), sku_id=plums.sku_id, change=-1, reason="盘点")
    lowered = shop.place(mei, (plums, 1))
    change_order_price(shop.ctx(clerk), order_id=lowered, off_goods_fen=100, off_freight_fen=0, reason="老顾客")
    order_id, _ = shop.paid(mei, (plums, 2))
    parcel = ship_order(shop.ctx(clerk), order_id=order_id, courier="SF", tracking_number="SF7777777",
                        key=ClientKey("key-ship", "body"))["parcel_id"]
    correct_parcel(shop.ctx(clerk), parcel_id=parcel, courier="SF", tracking_number="SF7777778")
    cases, body = Cases(shop, "mei"), "body"
    cases.ask(cases.paid((plums, 2))[0], reason="changed_mind", pictures=[given_picture(cases.who, "aftersale")],
              key=ClientKey("key-case", body))
    open_ticket(cases.who, category="goods", words="少了一件", pictures=[given_picture(cases.who, "ticket")],
                key=ClientKey("key-ticket", body))
    bought(shop, "ya").review("很好", key=ClientKey("key-review", body))


def take_sheet(shop: Shop, clerk: Actor, code: str) -> str:
    """A sheet with one product was sent; returns the import's id."""
    sheet = f"sku,title,category,price\n{code},z,z,1\n"
    return take_import(shop.ctx(clerk), kind="products", file=BytesIO(sheet.encode()), file_name="a.csv")


def desk(shop: Shop) -> None:
    """Rules are changed, an exception is settled, days are counted."""
    change_shop_rules(shop.ctx(STAFF), values={"low_stock_at": 12}, seen={})
    change_shop_rules(shop.ctx(STAFF), values={"low_stock_at": None}, seen={"low_stock_at": 1})
    exception = shop.rows("select id from payment_exceptions where state = 'open' order by id limit 1")[0]
    settle_exception(shop.ctx(STAFF), exception_id=exception["id"], note="已线下退款")
    count_sales(shop.ctx())
    open_review(shop)


def leave(shop: Shop, clock: FileClock) -> None:
    """Parcels: all at once, one of two, with a return, and goods that never left although their freight was kept."""
    li, mei = shop.shopper("li"), shop.shopper("mei")
    kiwis, limes = shop.goods("D1", 5000, 50), shop.goods("E1", 700, 50)
    whole, _ = shop.paid(li, (kiwis, 2), (limes, 3))
    shop.ship(whole)
    received, _ = shop.paid(li, (kiwis, 1))
    shop.ship(received)
    confirm_receipt(shop.ctx(li.actor), order_id=received)
    half, _ = shop.paid(mei, (kiwis, 2), (limes, 2))
    shop.ship(half, [(shop.lines(half)[0], 1)])
    returned, _ = shop.paid(li, (kiwis, 4))
    [line] = shop.lines(returned)
    shop.ship(returned, [(line, 3)], courier="中通")
    send(shop, shop.refund(returned, [(line, 2)], shipped=True, restock=True))
    pass_time(clock, minutes=2)
    send(shop, shop.refund(returned, [(line, 1)], shipped=True))
    pass_time(clock, minutes=2)
    send(shop, shop.refund(returned, [(line, 1)]))
    rest, _ = shop.paid(mei, (kiwis, 2))
    shop.ship(rest, [(shop.lines(rest)[0], 1)])
    send(shop, shop.refund(rest, [(shop.lines(rest)[0], 1)], shipped=False))
    kept, _ = shop.paid(li, (limes, 1))
    send(shop, shop.refund(kept, [(shop.lines(kept)[0], 1)]))


def object_to(shop: Shop, clock: FileClock) -> None:
    """After-sales in every state, and complaints."""
    cases, nuts, dates = Cases(shop), shop.goods("F1", 3333, 90), shop.goods("G1", 1, 90)
    desk = shop.ctx(DESK)
    cases.approved(cases.paid((nuts, 2))[0])
    cases.work_off(minutes=2)
    order_id, [nut, date] = with_gift(shop, cases, nuts, dates)
    case_id = cases.returning(order_id, reason="quality", lines=[Asked(nut, 1)])
    receive_return(desk, aftersale_id=case_id, restock=[nut], given={nut: 2000}, answer="少了包装")
    cases.work_off(minutes=2)
    case_id = cases.ask(order_id, lines=[Asked(nut, 2, 500)])
    approve_aftersale(desk, aftersale_id=case_id)
    cases.work_off(minutes=2)
    approve_aftersale(desk, aftersale_id=cases.ask(order_id, lines=[Asked(date, 1)]))
    cases.ask(order_id, lines=[Asked(nut, 1)])
    refuse_aftersale(desk, aftersale_id=cases.ask(order_id, lines=[Asked(date, 1)]), reason="看不出问题")
    cancel_aftersale(cases.who, aftersale_id=cases.ask(cases.paid((nuts, 1))[0], reason="changed_mind"))
    cases.returning(cases.shipped((nuts, 2))[0], reason="quality")
    failed = cases.approved(cases.paid((nuts, 3))[0])
    [refund] = shop.rows("select refund_id from aftersales where id = :id", id=failed)
    send(shop, refund, RefundState.CLOSED)
    cases.work_off()
    cases.approved(cases.shipped((nuts, 1))[0], "return_and_refund")
    ticket_id = open_ticket(cases.who, category="goods", words="坚果受潮", order_id=order_id)["id"]
    answer_ticket(desk, ticket_id=ticket_id, words="给您补发")
    close_ticket(cases.who, ticket_id=ticket_id)
    open_ticket(cases.who, category="leader", words="团长没有通知")


def with_gift(shop: Shop, cases: Cases, goods: Goods, gift: Goods) -> tuple[str, list[str]]:
    """A shipped order of three goods and two gifts, which a discount makes free: its id and those of its lines."""
    order_id = shop.place(cases.who, (goods, 3), (gift, 2))
    ids = shop.lines(order_id)
    with transaction(shop.ctx()) as tx:
        tx.execute(sa.text("update order_lines set discount_fen = amount_fen, payable_fen = 0 where id = :id"), {"id": ids[1]})
        tx.execute(sa.text("update orders set discount_fen = 2, total_fen = total_fen - 2 where id = :id"), {"id": order_id})
    assert shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id))) == "succeeded"
    cases.ship(order_id)
    return order_id, ids


def fetch(shop: Shop, clock: FileClock) -> None:
    """Pick-ups: handed over with a part refunded, waiting, not paid, refunded before and after the hand-over."""
    li, figs = shop.shopper("li"), shop.goods("P1", 900, 50)
    clerk = given_clerk(shop.ctx)
    point = given_point(shop.ctx, clerk)
    part = given_pickup(shop, li, point, (figs, 3))
    send(shop, shop.refund(part, [(shop.lines(part)[0], 1)]))
    hand_over(shop.ctx(clerk), order_id=part)
    for before in (True, False):
        refunded = given_pickup(shop, li, point, (figs, 1))
        if not before:
            hand_over(shop.ctx(clerk), order_id=refunded)
        send(shop, shop.refund(refunded))
    given_pickup(shop, li, point, (figs, 2))
    mark_ready(shop.ctx(clerk), order_ids=[given_pickup(shop, shop.shopper("mei"), point, (figs, 2))])
    given_pickup(shop, li, point, (figs, 1), paid=False)


def tell(shop: Shop) -> None:
    """WeChat hears what left, but for one order of which it will not."""
    for row in shop.rows("select id from orders where shipped_at is not null and delivery = 'pickup'"):
        plan_shipping_upload(shop.ctx(), order_id=row["id"])
    due = shop.rows("select order_id from shipping_uploads where state = 'due' order by order_id")
    shop.world.mini.fail["upload_shipping"] = [ShippingRefused("10060004", "no")]
    for row in due:
        upload_shipping(shop.ctx(), order_id=row["order_id"])


def pass_time(clock: FileClock, **delta: float) -> datetime:
    clock.move_to(clock.now() + timedelta(**delta))
    return clock.now()


def send(shop: Shop, refund: dict[str, Any], ends: RefundState = RefundState.SUCCESS) -> None:
    """Send a refund; one that does not succeed is first on its way and then ends as told."""
    pay = shop.world.pay
    pay.settle_refunds = ends is RefundState.SUCCESS
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    if not pay.settle_refunds:
        pay.refunds[refund["refund_id"]] = replace(pay.refunds[refund["refund_id"]], state=ends)
        check_refund(shop.ctx(), refund_id=refund["refund_id"])
    pay.settle_refunds = True


def _paid_after_all(shop: Shop, payment_id: str) -> Any:
    """WeChat's word that money came for an attempt that we believed closed."""
    trade = shop.world.pay.trades[payment_id]
    shop.world.pay.trades[payment_id] = replace(trade, state=type(trade.state).NOTPAY)
    return shop.world.pay.pay(payment_id)


def work_off(ctx: Context) -> None:
    """Mark everything that is due as done: the use cases above have done it."""
    with transaction(ctx) as tx:
        outbox.fan_out(tx.connection, NAMES)
        leases: list[Lease] = outbox.lease_due(tx.connection, ctx.now, ctx.now, limit=500)
        for lease in leases:
            outbox.start(tx.connection, lease, ctx.now)
            outbox.finish(tx.connection, lease, ctx.now)


def talk(shop: Shop) -> None:
    """Reviews in every state with notes, and messages that ended in every way."""
    lines = [bought(shop, name) for name in ("li", "mei", "han", "bo", "yu")]
    shown, edited, held, rejected, hidden = (
        line.review(text, pictures=[line.picture()] if line is lines[0] else [])
        for line, text in zip(lines, ("很甜", "一般", "加微信", "赌博", "有电话"), strict=True))
    shop.world.mini.verdicts |= {"加微信": "review", "赌博": "risky"}
    for review_id in (shown, edited, held, rejected, hidden):
        screen_content(shop.ctx(), subject=review_id, revision=1)
    for trace_id in shop.world.mini.traces:
        push(shop, trace_id)
        apply_picture_verdict(shop.ctx(), trace_id=trace_id)
    edit_review(lines[1].ctx(), review_id=edited, stars=3, service_stars=5, text="还行")
    screen_content(shop.ctx(), subject=edited, revision=2)
    for version, granted in (("1", True), ("1", False), ("2", True)):
        change_reuse(lines[0].ctx(), review_id=shown, version=version, granted=granted)
    reply = answer_review(shop.ctx(STAFF), review_id=shown, text="谢谢您")
    follow_up = add_follow_up(lines[0].ctx(), review_id=shown, text="又买了", pictures=[lines[0].picture()])
    screen_content(shop.ctx(), subject=reply, revision=1)
    screen_content(shop.ctx(), subject=follow_up, revision=1)
    give_up_screening(shop.ctx(), subject=follow_up, revision=1)
    show_review(shop.ctx(STAFF), subject=follow_up)
    hide_review(shop.ctx(STAFF), subject=hidden, reason="含有手机号")
    for line in lines:
        count_reviews(shop.ctx(), product_id=line.goods.product_id)
    shop.world.mini.fail["send_message"] = [WeChatRefused("47003"), WeChatRefused("43101"), LOST]
    for line in lines[:4]:
        allow(shop, line.who, times=2)
        tell_shipped(shop.ctx(), order_id=line.order_id)
    tell_shipped(shop.ctx(), order_id=lines[4].order_id)
    for row in shop.rows("select id from messages order by id"):
        send_message(shop.ctx(), message_id=row["id"])


def open_review(shop: Shop) -> None:
    """A review and a message that wait for what comes next."""
    bought(shop, "wu").review("刚收到", pictures=[])
    waiting = bought(shop, "xi")
    allow(shop, waiting.who)
    tell_shipped(shop.ctx(), order_id=waiting.order_id)
