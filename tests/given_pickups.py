"""Pick-up points for tests: who serves there, and orders that are fetched there, in one line each."""

from collections.abc import Callable, Iterable
from typing import Any

from backend.context import Context
from backend.infra.uow import transaction
from backend.kernel.actors import SYSTEM, Actor, staff
from backend.organisation import store as organisation
from backend.pickups import store as pickups
from backend.usecases.place_order import place_order
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff
from tests.given_goods import Goods
from tests.given_orders import Shop

ALWAYS = [[("00:00", "24:00")]] * 7
WENSAN: dict[str, Any] = {
    "store_id": "sto_main", "kind": "store", "name": "文三路店", "region_code": "330106", "detail": "文三路 100 号",
    "phone": "0571-88886666", "longitude": 120.1300, "latitude": 30.2750, "hours": ALWAYS}


def given_clerk(ctx: Callable[..., Context], name: str = "wang", permissions: Iterable[str] = ("orders.hand_over", "orders.view"),
                store_ids: Iterable[str] | None = ("sto_main",)) -> Actor:
    """Somebody who may hand over (at no point yet): staff `stf_<name>`, called by that name."""
    staff_id = f"stf_{name}"
    with transaction(ctx(SYSTEM)) as tx:
        organisation.insert_staff(tx, {"id": staff_id, "login": name, "name": name, "roles": ["orders"], "scope": "head_office",
                                       "scope_id": None, "password_hash": ""})
    return staff(staff_id, permissions, store_ids)


def given_store(ctx: Callable[..., Context], name: str = "second") -> str:
    """Another store: `sto_<name>`."""
    with transaction(ctx(SYSTEM)) as tx:
        organisation.write_place(tx, "store", f"sto_{name}", {"name": name, "region_id": None, "dealer_id": None}, new=True)
    return f"sto_{name}"


def given_point(ctx: Callable[..., Context], *clerks: Actor, **more: Any) -> str:
    """The id of a new point, with its staff."""
    point_id = save_pickup_point(ctx(SYSTEM), **(WENSAN | more))
    if clerks:
        set_point_staff(ctx(SYSTEM), point_id=point_id, staff_ids=[clerk.id for clerk in clerks])
    return point_id


def given_pickup(shop: Shop, who: Context, point_id: str, *lines: tuple[Goods, int], paid: bool = True, remark: str = "") -> str:
    """An order of (goods, quantity) that is fetched at the point; paid unless told otherwise. Returns its id."""
    prices = {row["id"]: row["price_fen"] for row in shop.rows("select id, price_fen from skus")}
    order_id = place_order(
        shop.ctx(who.actor), delivery="pickup", point_id=point_id, contact=("韩梅梅", "13900139000"), remark=remark,
        items=[(goods.sku_id, quantity) for goods, quantity in lines],
        shown_total_fen=sum(prices[goods.sku_id] * quantity for goods, quantity in lines))["id"]
    if paid:
        assert shop.notify(shop.world.pay.pay(shop.begin(who, order_id))) == "succeeded"
    return order_id


def code_of_order(ctx: Context, order_id: str) -> str | None:
    """The live code, in clear."""
    with transaction(ctx) as tx:
        return pickups.find_code(tx, order_id)
