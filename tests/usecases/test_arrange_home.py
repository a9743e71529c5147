"""arrange_home: the arrangement is replaced whole, or not at all."""

import pytest

from backend.catalog.rules import home_fingerprint
from backend.infra import marks
from backend.infra.uow import reading
from backend.kernel.errors import Refused
from backend.usecases.arrange_home import Banner, HomeBlock, arrange_home


def test_the_last_arrangement_counts(ctx):
    picture = ctx().gateways.files.put(b"jpeg", ".jpg")
    arrange_home(ctx(), banners=[Banner(picture, "旧")])
    for _ in range(2):
        arrange_home(ctx(), banners=[Banner(picture, "丰收", product_id="prd_1")], blocks=[HomeBlock("本周", ("prd_1",))])
        with reading(ctx()) as rd:
            assert marks.find_mark(rd, "home") == {
                "banners": [{"picture": picture, "title": "丰收", "subtitle": "", "category_id": None, "product_id": "prd_1"}],
                "blocks": [{"title": "本周", "product_ids": ["prd_1"], "subtitle": ""}],
            }


def test_a_refusal_changes_nothing(ctx, snapshot):
    before = snapshot()
    for banner, code in [
        (Banner("0" * 32 + ".jpg"), "file_not_found"),
        (Banner("键"), "pictures"),
        (Banner("k", "a\x00"), "home"),
    ]:
        with pytest.raises(Refused) as refused:
            arrange_home(ctx(), banners=[banner])
        assert refused.value.code == code
    assert snapshot() == before


def test_the_second_of_two_editors_is_told(ctx, snapshot, rows):
    seen = home_fingerprint(None)
    arrange_home(ctx(), banners=[], blocks=[HomeBlock("我先", ())], seen=seen)
    before = snapshot()
    with pytest.raises(Refused, match="home_changed_meanwhile"):
        arrange_home(ctx(), banners=[], blocks=[HomeBlock("我后", ())], seen=seen)
    assert snapshot() == before
    with reading(ctx()) as rd:
        now = home_fingerprint(marks.find_mark(rd, "home"))
    arrange_home(ctx(), banners=[], blocks=[HomeBlock("我后", ())], seen=now)
    assert [row["action"] for row in rows("select action from audit_log")] == ["arrange_home"] * 2


def test_again_changes_and_audits_nothing(ctx, snapshot):
    arrange_home(ctx(), banners=[], blocks=[HomeBlock("本周", ("prd_1",))])
    before = snapshot()
    arrange_home(ctx(), banners=[], blocks=[HomeBlock("本周", ["prd_1"])])
    assert snapshot() == before
