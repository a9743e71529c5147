"""Fill a scratch database with a crowd: members, orders and money of a large shop, to measure on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.rules import Crowd, Stand, chunks
from backend.crowd.store import People
from backend.infra.uow import reading, transaction
from backend.ledger import rules as ledger
from backend.organisation import MAIN_STORE
from backend.stock import MAIN_LOCATION

PHONES, PLACES = 50_000, 2_000
"""How many different encrypted phones and places there are; they are dealt out again and again."""


@dataclass(frozen=True, slots=True)
class Filling:
    """How far it is: so many `done` of `total` rows of this `part`."""

    part: str
    done: int
    total: int


def fill_scratch(ctx: Context, *, orders: int, members: int, seed: int, tell: Callable[[Filling], None]) -> bool:
    """Make the crowd, chunk by chunk; what was broken off goes on after its last chunk, as of the time when it was begun. False
    when this very crowd was there already and nothing was done.

    The goods must be there (SKUs with ample stock). Refuses a database of a real shop (`database_in_use`) and one with another
    crowd (`other_crowd`). The books of what it made hold. Two at a time would make the same rows: the later one fails.
    """
    ctx.actor.must("jobs.run")
    wanted = Crowd(orders, members, int(ctx.now.timestamp() * 1000), seed)
    with reading(ctx) as rd:
        stand = crowds.find_crowd(rd, wanted)
        skus = crowds.find_skus(rd)
    if stand is not None and stand.whole:
        return False
    people, ship_to, stores = make_people(ctx, members), make_places(ctx), [MAIN_STORE, *crowds.MORE_STORES]

    if stand is None:
        stand = Stand(wanted)
        with transaction(ctx) as tx:
            crowds.fill_stores(tx, stand.crowd.now_ms)
            crowds.mark_crowd(tx, stand)
    crowd = stand.crowd
    tell(Filling("members", stand.members, members))
    for first, last in chunks(members, stand.members):
        stand = replace(stand, members=last + 1)
        with transaction(ctx) as tx:
            crowds.take_time(tx)
            crowds.fill_members(tx, crowd, people, first, last)
            crowds.mark_crowd(tx, stand)
        tell(Filling("members", last + 1, members))
    tell(Filling("orders", stand.orders, orders))
    for first, last in chunks(orders, stand.orders):
        stand = replace(stand, orders=last + 1)
        with transaction(ctx) as tx:
            crowds.take_time(tx)
            crowds.fill_orders(tx, crowd, first, last, skus=skus, stores=stores, ship_to=ship_to, location=MAIN_LOCATION)
            crowds.fill_money(tx, wechat=ledger.WECHAT, goods=ledger.GOODS, freight=ledger.FREIGHT)
            crowds.fill_stock(tx, location=MAIN_LOCATION)
            crowds.forget_chunk(tx)
            crowds.mark_crowd(tx, stand)
        tell(Filling("orders", last + 1, orders))
    with transaction(ctx) as tx:
        crowds.level_stock(tx, crowd.now_ms, location=MAIN_LOCATION)
        crowds.analyse(tx)
        crowds.mark_crowd(tx, replace(stand, whole=True))
    return True


def make_people(ctx: Context, members: int) -> People:
    """Encrypted phones (each its own, up to 50,000), names and streets."""
    def phones(column: str) -> list[tuple[str, str]]:
        numbers = [f"13{i:09d}" for i in range(min(members, PHONES))]
        return [(ctx.cipher.encrypt(each, column), ctx.cipher.blind_index(each, "phone")) for each in numbers]
    given_names = ("秀英", "伟", "娜", "强", "小满", "建国", "晓燕", "磊")
    names = [f"{family}{given}" for family in "王李张刘陈杨赵黄周吴" for given in given_names]
    return People(
        phones("members.phone"), phones("addresses.phone"), [ctx.cipher.encrypt(each, "addresses.name") for each in names],
        [ctx.cipher.encrypt(f"文三路 {i} 号 {i % 9 + 1} 幢 {i % 30 + 101}", "addresses.detail") for i in range(PLACES)])


def make_places(ctx: Context) -> list[str]:
    """Encrypted destinations, as orders freeze them."""
    def place(i: int) -> dict[str, Any]:
        return {"name": "王小满", "phone": f"138{i:08d}", "region_code": "330106", "detail": f"文三路 {i} 号",
                "province": "浙江省", "city": "杭州市", "district": "西湖区"}
    return [ctx.cipher.encrypt(msgspec.json.encode(place(i)).decode(), "orders.ship_to") for i in range(PLACES)]
