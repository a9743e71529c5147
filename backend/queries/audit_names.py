"""What the ids and codes in the audit log are called: things by name, states and kinds in words."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Table, select, union_all

from backend.aftersales.models import Aftersale
from backend.aftersales.states import WORDS as AFTERSALE_WORDS
from backend.catalog.models import Category, Product, Sku
from backend.context import Context
from backend.exports.rules import WORDS as EXPORT_WORDS
from backend.exports.states import WORDS as EXPORT_STATES
from backend.fulfilment.couriers import COURIERS
from backend.fulfilment.states import PARCEL_WORDS
from backend.imports.rules import WORDS as IMPORT_WORDS
from backend.imports.states import WORDS as IMPORT_STATES
from backend.infra.uow import reading
from backend.members.models import Member
from backend.orders.models import Order
from backend.orders.states import WORDS as ORDER_WORDS
from backend.pickups.models import PickupPoint
from backend.reviews.states import WORDS as REVIEW_WORDS
from backend.tickets.models import Ticket
from backend.tickets.rules import CATEGORIES, OUTCOMES
from backend.tickets.states import WORDS as TICKET_WORDS

Pair = tuple[str, str]

STATES: Mapping[str, Mapping[str, Pair]] = {
    "aft": AFTERSALE_WORDS, "tkt": TICKET_WORDS, "rev": REVIEW_WORDS, "ord": ORDER_WORDS, "shp": PARCEL_WORDS,
    "exp": EXPORT_STATES, "imp": IMPORT_STATES,
}
"""Words of states, by the kind of id that the row is about."""

CODES: Mapping[str, Mapping[str, Pair]] = {
    "kind": dict(EXPORT_WORDS) | dict(IMPORT_WORDS), "category": CATEGORIES, "outcome": OUTCOMES,
    "courier": {code: (each.zh, each.en) for code, each in COURIERS.items()},
}
"""Words of other codes, by the field that holds them."""


_NAMES: Mapping[str, tuple[Table, str]] = {
    "prd": (Product.__table__, "title"), "sku": (Sku.__table__, "code"), "cat": (Category.__table__, "name"),
    "ord": (Order.__table__, "number"), "aft": (Aftersale.__table__, "number"), "tkt": (Ticket.__table__, "number"),
    "mem": (Member.__table__, "nickname"), "ppt": (PickupPoint.__table__, "name"),
}


def audit_names(ctx: Context, *, ids: Collection[str]) -> dict[str, str]:
    """Id → name of the goods, categories, orders, cases, complaints, members and points among these; others are left out.

    One statement, whatever kinds there are.
    """
    ctx.actor.must("audit.view")
    ctx.actor.must_see_all()
    by_kind: dict[str, list[str]] = defaultdict(list)
    for each in ids:
        by_kind[each.partition("_")[0]].append(each)
    wanted = [select(table.c.id, table.c[column].label("name")).where(table.c.id.in_(by_kind[kind]))
              for kind, (table, column) in _NAMES.items() if kind in by_kind]
    if not wanted:
        return {}
    with reading(ctx) as rd:
        return {row.id: row.name for row in rd.execute(union_all(*wanted))}
