"""An error at every SQL statement and commit of every use case of pick-ups leaves nothing half done.

After each failure the same call is made once more: it must end where an undisturbed run ends.
"""

import pytest

from backend.infra.once import ClientKey
from backend.usecases.hand_over import hand_over
from backend.usecases.mark_ready import mark_ready
from backend.usecases.place_order import place_order
from backend.usecases.remind_pickup import remind_pickup
from backend.usecases.rotate_pickup_code import rotate_pickup_code
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff
from tests.faults.points import Blown, recorder
from tests.given_pickups import WENSAN, code_of_order, given_clerk, given_pickup, given_point

SEEN = (
    "select o.state, o.moves, o.freight_fen, p.rotations, p.with_code, p.handed_over_by, p.ready_by,"
    " p.reminded_at is not null as reminded, p.used_code_index is not null as used,"
    " (select count(*) from pickup_codes c where c.order_id = o.id) as codes,"
    " (select sum(l.shipped_qty) from order_lines l where l.order_id = o.id) as gone,"
    " (select count(*) from stock_moves m join order_lines l on l.id = m.cause where l.order_id = o.id) as moves_of_stock,"
    " (select count(*) from audit_log a where a.subject = o.id) as audits,"
    " (select count(*) from payments y where y.order_id = o.id and y.state = 'succeeded') as payments"
    " from orders o left join pickups p on p.order_id = o.id where o.member_id = :member")


class Case:
    """One run's own shopper and goods, so that runs do not meet."""

    def __init__(self, ctx, shop, point, clerk, number):
        self.ctx, self.shop, self.point, self.clerk, self.number = ctx, shop, point, clerk, number
        self.who, self.goods = shop.shopper(f"p{number}"), shop.goods(f"A{number}", 5000, 10)
        self.order_id, self.trade, self.code = "", None, ""

    def key(self):
        return ClientKey(f"key-{self.number:06}", "f")

    def waiting(self):
        self.order_id = given_pickup(self.shop, self.who, self.point, (self.goods, 2))
        self.code = code_of_order(self.ctx(), self.order_id)

    def tapped(self):
        self.order_id = given_pickup(self.shop, self.who, self.point, (self.goods, 2), paid=False)
        self.trade = self.shop.world.pay.pay(self.shop.begin(self.who, self.order_id))

    def place(self):
        place_order(self.ctx(self.who.actor), delivery="pickup", point_id=self.point, contact=("韩梅梅", "13900139000"),
                    items=[(self.goods.sku_id, 2)], shown_total_fen=10_000, key=self.key())

    def seen(self):
        return self.shop.rows(SEEN, member=self.who.actor.id) + [self.shop.levels(self.goods)]


SCENARIOS = {
    "place": (lambda case: None, Case.place),
    "pay": (Case.tapped, lambda case: case.shop.notify(case.trade)),
    "hand over by code": (Case.waiting, lambda case: hand_over(case.ctx(case.clerk), code=case.code, key=case.key())),
    "hand over from the list": (Case.waiting, lambda case: hand_over(case.ctx(case.clerk), order_id=case.order_id, key=case.key())),
    "new code": (Case.waiting, lambda case: rotate_pickup_code(case.ctx(case.who.actor), order_id=case.order_id, key=case.key())),
    "ready": (Case.waiting, lambda case: mark_ready(case.ctx(case.clerk), order_ids=[case.order_id])),
    "too early": (Case.waiting, lambda case: remind_pickup(case.ctx(), order_id=case.order_id)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_left_half_done(ctx, shop, name):
    prepare, act = SCENARIOS[name]
    clerk = given_clerk(ctx)
    point = given_point(ctx, clerk)
    with recorder(shop.world.pay) as points:
        undisturbed = Case(ctx, shop, point, clerk, 0)
        prepare(undisturbed)
        with points.counting():
            act(undisturbed)
        expected, names = undisturbed.seen(), list(points.names)
        act(undisturbed)
        assert undisturbed.seen() == expected, "twice is once"
        assert len(names) >= 3
        for at, reached in enumerate(names, 1):
            case = Case(ctx, shop, point, clerk, at)
            prepare(case)
            with points.counting(at), pytest.raises(Blown):
                act(case)
            act(case)
            assert case.seen() == expected, f"after a failure at {at} ({reached})"


def test_a_reminder_at_every_point(ctx, shop, later):
    clerk = given_clerk(ctx)
    point = given_point(ctx, clerk)
    cases = [Case(ctx, shop, point, clerk, number) for number in range(12)]
    for case in cases:
        case.waiting()
    later(days=4)
    with recorder(shop.world.pay) as points:
        with points.counting():
            assert remind_pickup(ctx(), order_id=cases[0].order_id) == "overdue"
        expected, total = cases[0].seen(), len(points.names)
        assert 3 <= total < len(cases)
        for at in range(1, total + 1):
            with points.counting(at), pytest.raises(Blown):
                remind_pickup(ctx(), order_id=cases[at].order_id)
            assert remind_pickup(ctx(), order_id=cases[at].order_id) in ("overdue", "known")
            assert cases[at].seen() == expected
    assert shop.events().count("PickupOverdue") == total + 1


def test_points_and_their_staff(ctx, shop, rows):
    clerk = given_clerk(ctx)

    def save(number):
        return save_pickup_point(ctx(), **(WENSAN | {"name": f"点{number}"}), key=ClientKey(f"key-{number:06}", "f"))

    with recorder(shop.world.pay) as points:
        with points.counting():
            first = save(0)
        for at in range(1, len(points.names) + 1):
            with points.counting(at), pytest.raises(Blown):
                save(at)
            save(at)
            assert rows("select count(*) as n from pickup_points where name = :name", name=f"点{at}") == [{"n": 1}]
        with points.counting():
            set_point_staff(ctx(), point_id=first, staff_ids=[clerk.id])
        for at in range(1, len(points.names) + 1):
            point_id = save(100 + at)
            with points.counting(at), pytest.raises(Blown):
                set_point_staff(ctx(), point_id=point_id, staff_ids=[clerk.id])
            set_point_staff(ctx(), point_id=point_id, staff_ids=[clerk.id])
            found = rows("select count(*) as n from audit_log where action = 'set_point_staff' and subject = :id", id=point_id)
            assert found == [{"n": 1}]
