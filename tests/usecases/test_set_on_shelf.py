"""set_on_shelf: up to 500 products at once, all or none."""

import pytest

from backend.kernel.errors import Refused
from backend.usecases.set_on_shelf import LIMIT, set_on_shelf
from tests.given_goods import given_product


def test_off_and_on(ctx, rows, snapshot):
    first, second = (given_product(ctx, code).product_id for code in ("A1", "B1"))
    assert set_on_shelf(ctx(), product_ids=[first, second, first], on_shelf=False) == 2
    assert rows("select distinct on_shelf from products") == [{"on_shelf": False}]
    assert set_on_shelf(ctx(), product_ids=[first], on_shelf=True) == 1
    audits = rows("select subject from audit_log where action = 'set_on_shelf' order by at, id")
    assert sorted(row["subject"] for row in audits) == sorted([first, second, first])
    before = snapshot()
    assert set_on_shelf(ctx(), product_ids=[first], on_shelf=True) == 0
    assert set_on_shelf(ctx(), product_ids=[], on_shelf=True) == 0
    assert snapshot() == before


def test_a_refusal_changes_nothing(ctx, snapshot):
    product_id = given_product(ctx).product_id
    before = snapshot()
    with pytest.raises(Refused, match="product_unknown"):
        set_on_shelf(ctx(), product_ids=[product_id, "prd_unknown"], on_shelf=False)
    with pytest.raises(Refused, match="too_many_at_once"):
        set_on_shelf(ctx(), product_ids=[f"prd_{number}" for number in range(LIMIT + 1)], on_shelf=False)
    assert snapshot() == before
