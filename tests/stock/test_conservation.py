"""I18–I20: whatever happens to a SKU, its level is the sum of its journal, and no promise is beyond what is there."""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.stock import MAIN_LOCATION, store
from backend.stock.rules import Level, conserved
from tests.given_goods import given_product, level

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "release", "ship", "restock", "adjust"]),
        st.lists(st.tuples(st.integers(0, 1), st.integers(1, 4)), min_size=1, max_size=3),
        st.booleans(),
    ),
    max_size=8,
)
codes = itertools.count()


def apply(tx, step, lines, number):
    """One step of a story; the adjustment takes the first line, away when its quantity is even."""
    if step == "adjust":
        _, sku_id, quantity = lines[0]
        store.adjust(tx, f"adj_{number}", MAIN_LOCATION, sku_id, quantity if quantity % 2 else -quantity, "盘点")
    else:
        getattr(store, step)(tx, MAIN_LOCATION, lines)


@given(STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_I18_opening_and_journal_make_the_level(ctx, rows, steps):
    skus = [given_product(ctx, f"P{next(codes)}", stock=opening).sku_id for opening in (6, 3)]
    expected = {skus[0]: [6, 0], skus[1]: [3, 0]}
    signs = {"reserve": (0, 1), "release": (0, -1), "ship": (-1, -1), "restock": (1, 0)}
    for number, (step, picks, repeat) in enumerate(steps):
        lines = [(f"{skus[0]}/{number}/{place}", skus[pick], quantity) for place, (pick, quantity) in enumerate(picks)]
        try:
            with transaction(ctx()) as tx:
                apply(tx, step, lines, f"{skus[0]}-{number}")
        except (Refused, AssertionError):
            continue
        for place, (_, sku_id, quantity) in enumerate(lines):
            if step == "adjust" and place == 0:
                expected[sku_id][0] += quantity if quantity % 2 else -quantity
            elif step != "adjust":
                expected[sku_id] = [have + sign * quantity for have, sign in zip(expected[sku_id], signs[step], strict=True)]
        if repeat:
            try:
                with transaction(ctx()) as tx:
                    apply(tx, step, lines, f"{skus[0]}-{number}")
            except (Refused, AssertionError, IntegrityError):
                pass
            else:
                raise AssertionError("the same cause moved twice")
    for sku_id in skus:
        journal = rows("select on_hand_change, reserved_change from stock_moves where sku_id = :sku_id", sku_id=sku_id)
        now = level(ctx, sku_id)
        assert conserved(Level(*now), [tuple(move.values()) for move in journal])
        assert now == tuple(expected[sku_id]) and 0 <= now[1] <= now[0]
