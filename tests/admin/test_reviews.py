"""The reviews' desk and the messages' list: used as people do, within rights and scope, hostile text inert."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from backend.usecases.tell_shipped import tell_shipped
from tests.given_orders import Shop
from tests.given_reviews import allow, bought, judge_pictures, state, work
from tests.given_staff import Browser

LogIn = Callable[..., Browser]
EVIL = "<img src=x onerror=alert(1)>{{7*7}}\u202e=cmd|' /C calc'!A0"


def rows_of(page: str) -> str:
    found = re.search(r"<tbody>(.*)</tbody>", page, re.S)
    return found[1] if found else ""


@pytest.fixture
def held(shop: Shop) -> str:
    """A review that waits for a person."""
    shop.world.mini.verdicts["加微信"] = "review"
    review_id = bought(shop, "li", title="阳山水蜜桃").review("好吃，加微信")
    work(shop)
    return review_id


def test_tabs_filters_and_search(log_in: LogIn, shop: Shop, held: str) -> None:
    bought(shop, "mei", title="五常大米").shown("米香", stars=2, anonymous=True)
    desk = log_in("service")
    everything = desk.get("/admin/reviews/").text
    assert "好吃，加微信" in everything and "米香" in everything and "匿名" in everything
    assert '待人工审核<span class="count">1</span>' in everything
    for query, seen in (
        ("state=held", ["加微信"]), ("state=shown", ["米香"]), ("state=hidden", []), ("stars=2", ["米香"]),
        ("stars=9", ["加微信", "米香"]),
        ("product_id=水蜜桃", ["加微信"]), ("q=米", ["米香"]), ("q=%25", []), ("state=nonsense", ["加微信", "米香"]),
        ("product_id=' OR 1=1--", []),
    ):
        shown = rows_of(desk.get(f"/admin/reviews/?{query}").text)
        assert [word for word in ("加微信", "米香") if word in shown] == seen, query
    assert "待审核评价" in desk.get("/admin/").text


def test_a_held_review_is_let_pass_or_sent_back(log_in: LogIn, shop: Shop, held: str) -> None:
    desk = log_in("service")
    page = desk.get(f"/admin/reviews/{held}/").text
    assert "疑似" in page and "通过并展示" in page and "评价展示后才能回复" in page
    refused = desk.post(f"/admin/reviews/{held}/reject/", {"subject": held, "reason": " "})
    assert "请写明原因" in refused.text and state(shop, held) == "held"
    desk.post(f"/admin/reviews/{held}/show/", {"subject": held})
    assert state(shop, held) == "shown"
    done = desk.post(f"/admin/reviews/{held}/reply/", {"text": "谢谢您的支持"})
    assert "回复已提交" in done.text
    work(shop)
    assert "谢谢您的支持" in desk.get(f"/admin/reviews/{held}/").text
    desk.post(f"/admin/reviews/{held}/hide/", {"subject": held, "reason": "含有联系方式"})
    page = desk.get(f"/admin/reviews/{held}/").text
    assert state(shop, held) == "hidden" and "含有联系方式" in page and "恢复展示" in page
    owner = log_in("owner")
    assert "隐藏评价" in owner.get("/admin/audit/").text


def test_notes_are_decided_too_but_only_of_this_review(log_in: LogIn, shop: Shop, held: str) -> None:
    desk = log_in("community")
    desk.post(f"/admin/reviews/{held}/show/", {"subject": held})
    desk.post(f"/admin/reviews/{held}/reply/", {"text": "加微信领券"})
    work(shop)
    [note] = shop.rows("select id, state from review_notes")
    assert note["state"] == "held" and "商家回复" in rows_of(desk.get("/admin/reviews/?state=held").text)
    other = bought(shop, "mei").shown()
    assert desk.post(f"/admin/reviews/{other}/show/", {"subject": note["id"]}).status_code == 404
    desk.post(f"/admin/reviews/{held}/show/", {"subject": note["id"]})
    assert state(shop, note["id"]) == "shown"


def test_chosen_ones_are_shown_together(log_in: LogIn, shop: Shop, held: str) -> None:
    second = bought(shop, "mei").review("也好吃，加微信")
    work(shop)
    shown = bought(shop, "han").shown()
    desk = log_in("service")
    done = desk.post("/admin/reviews/action/", {"action": "show", "rowid": [held, second, shown]})
    assert "已展示" in done.text and {state(shop, each) for each in (held, second, shown)} == {"shown"}


def test_chosen_ones_that_cannot_be_shown_say_so_once(log_in: LogIn, shop: Shop, held: str) -> None:
    others = [bought(shop, name).review("也好吃，加微信") for name in ("mei", "han")]
    work(shop)
    desk = log_in("service")
    for each in others:
        desk.post(f"/admin/reviews/{each}/reject/", {"subject": each, "reason": "请不要留联系方式"})
    done = desk.post("/admin/reviews/action/", {"action": "show", "rowid": [held, *others]}).text
    assert "已展示 1 条" in done and done.count("toast-bad") == 1 and "2 条没有改变：这条评价的状态已变化" in done
    assert [state(shop, each) for each in (held, *others)] == ["shown", "rejected", "rejected"]


def test_rights_and_scope(log_in: LogIn, shop: Shop, held: str, snapshot: Any) -> None:
    reader = log_in("read_only")
    assert reader.get(f"/admin/reviews/{held}/").status_code == 200
    assert "通过并展示" not in reader.get(f"/admin/reviews/{held}/").text
    finance = log_in("finance")
    before = {name: rows for name, rows in snapshot().items() if name.startswith("review")}
    for act in ("show", "hide", "reject", "reply"):
        assert reader.post(f"/admin/reviews/{held}/{act}/", {"subject": held, "reason": "原因写明", "text": "x"}).status_code == 403
        assert log_in("service").post_bare(f"/admin/reviews/{held}/{act}/", {"subject": held}).status_code in (400, 403)
    assert finance.get("/admin/reviews/").status_code == 403
    assert {name: rows for name, rows in snapshot().items() if name.startswith("review")} == before


def test_hostile_words_are_inert(log_in: LogIn, shop: Shop) -> None:
    line = bought(shop, EVIL[:20], title="桃")
    review_id = line.shown(EVIL, pictures=[line.picture()])
    judge_pictures(shop)
    desk = log_in("service")
    for page in (desk.get("/admin/reviews/").text, desk.get(f"/admin/reviews/{review_id}/").text,
                 desk.get(f"/admin/reviews/?q={EVIL}").text):
        assert "<img src=x" not in page
        assert "\u202e" not in rows_of(page) and "=cmd" not in re.findall(r">(=[^<]*)<", page)
    assert "&lt;img src=x" in desk.get(f"/admin/reviews/{review_id}/").text


def test_messages_say_why(log_in: LogIn, shop: Shop) -> None:
    line = bought(shop)
    work(shop)
    other = bought(shop, "mei")
    allow(shop, other.who)
    tell_shipped(shop.ctx(), order_id=other.order_id)
    work(shop)
    page = log_in("owner").get("/admin/messages/").text
    assert "没有可用的订阅授权" in page and "已发送" in page and line.order_id in page
    assert shop.one("select number from orders where id = :id", id=line.order_id)["number"] in rows_of(page)
    assert line.who.actor.member_id not in re.sub(r'href="[^"]*"', "", rows_of(page)), "members are called by their names"
    assert "没有可用的订阅授权" not in rows_of(log_in("owner").get("/admin/messages/?state=sent").text)
    assert log_in("service").get("/admin/messages/").status_code == 403
