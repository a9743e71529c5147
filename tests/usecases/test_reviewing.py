"""Reviews: once per received line, looked at before anybody sees them, edited, added to, answered, hidden."""

from typing import Any

import pytest

from backend.gateways.outcomes import WeChatRefused
from backend.infra.once import ClientKey
from backend.kernel.actors import ANONYMOUS, staff
from backend.kernel.errors import Refused
from backend.usecases.add_follow_up import add_follow_up
from backend.usecases.answer_review import answer_review
from backend.usecases.change_reuse import change_reuse
from backend.usecases.count_reviews import count_reviews
from backend.usecases.edit_review import edit_review
from backend.usecases.hide_review import hide_review
from backend.usecases.reject_review import reject_review
from backend.usecases.show_review import show_review
from backend.usecases.write_review import write_review
from tests.fakes import LOST
from tests.given_orders import STAFF, Shop
from tests.given_reviews import Bought, bought, judge_pictures, push, state, work
from tests.given_uploads import given_picture


def code_of(call: Any) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def line(shop: Shop) -> Bought:
    return bought(shop)


def rating(shop: Shop) -> dict[str, int]:
    return shop.one("select stars_1, stars_2, stars_3, stars_4, stars_5, with_pictures from product_ratings")


def moves(shop: Shop, subject: str) -> list[str]:
    return [row["to_state"] for row in shop.rows("select to_state from review_moves where subject = :id order by seq", id=subject)]


def checks(shop: Shop) -> list[tuple[str, str]]:
    return [call for call in shop.world.mini.calls if call[0].startswith("check_")]


# --- writing and being looked at ---


def test_a_review_is_shown_once_wechat_has_let_it_pass(shop: Shop, line: Bought) -> None:
    review_id = line.review("很甜\u202e，会再买", stars=4, service_stars=3, anonymous=True)
    assert state(shop, review_id) == "checking"
    assert shop.one("select text, stars, service_stars, anonymous, revision from reviews") == {
        "text": "很甜，会再买", "stars": 4, "service_stars": 3, "anonymous": True, "revision": 1}
    work(shop)
    assert state(shop, review_id) == "shown" and moves(shop, review_id) == ["checking", "shown"]
    assert rating(shop) == {"stars_1": 0, "stars_2": 0, "stars_3": 0, "stars_4": 1, "stars_5": 0, "with_pictures": 0}
    assert checks(shop) == [("check_text", "很甜，会再买")]


def test_stars_alone_need_no_check(shop: Shop, line: Bought) -> None:
    review_id = line.review(" \u200b")
    assert state(shop, review_id) == "shown" and checks(shop) == []
    work(shop)
    assert rating(shop)["stars_5"] == 1


def test_pictures_wait_for_wechat_s_push(shop: Shop, line: Bought) -> None:
    pictures = [line.picture(), line.picture()]
    review_id = line.review(pictures=pictures)
    work(shop)
    assert state(shop, review_id) == "checking"
    assert set(shop.world.mini.traces.values()) == {f"http://127.0.0.1:1/api/v1/pictures/{key}" for key in pictures}
    assert push(shop, "trace-1") == "kept" and push(shop, "trace-1") == "known"
    work(shop)
    assert state(shop, review_id) == "checking"
    push(shop, "trace-2")
    work(shop)
    assert state(shop, review_id) == "shown" and rating(shop)["with_pictures"] == 1


@pytest.mark.parametrize(("suggest", "ends"), [("risky", "rejected"), ("review", "held"), ("", "held"), ("new-word", "held")])
def test_what_wechat_says_of_a_picture(shop: Shop, line: Bought, suggest: str, ends: str) -> None:
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    push(shop, "trace-1", suggest, problem="" if suggest else "-1008")
    work(shop)
    assert state(shop, review_id) == ends and shop.rows("select * from product_ratings") == []


@pytest.mark.parametrize(("suggest", "ends"), [("risky", "rejected"), ("review", "held"), ("new-word", "held")])
def test_what_wechat_says_of_a_text(shop: Shop, line: Bought, suggest: str, ends: str) -> None:
    shop.world.mini.verdicts["赌博"] = suggest
    review_id = line.review("赌博平台", pictures=[line.picture()])
    work(shop)
    judge_pictures(shop)
    work(shop)
    assert state(shop, review_id) == ends
    asked = [name for name, _ in checks(shop)]
    assert asked == (["check_text"] if suggest == "risky" else ["check_text", "check_picture"])
    reason = shop.one("select reason from reviews")["reason"]
    assert ("修改后重新提交" in reason) if suggest == "risky" else reason is None


def test_a_push_that_is_quicker_than_our_own_books(shop: Shop, line: Bought) -> None:
    review_id = line.review(pictures=[line.picture()])
    assert push(shop, "trace-1") == "kept"
    work(shop)
    assert state(shop, review_id) == "shown"


def test_a_push_that_is_lost_leaves_it_to_a_person_and_one_that_is_late_still_counts(shop: Shop, line: Bought, later: Any) -> None:
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    later(minutes=39)
    work(shop)
    assert state(shop, review_id) == "checking"
    later(minutes=2)
    work(shop)
    assert state(shop, review_id) == "held"
    push(shop, "trace-1")
    work(shop)
    assert state(shop, review_id) == "shown" and moves(shop, review_id) == ["checking", "held", "shown"]


def test_a_verdict_after_a_person_has_decided_changes_nothing(shop: Shop, line: Bought, later: Any) -> None:
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    later(minutes=41)
    work(shop)
    show_review(shop.ctx(STAFF), subject=review_id)
    push(shop, "trace-1", "risky")
    work(shop)
    assert state(shop, review_id) == "shown"
    assert shop.one("select decided_by from reviews") == {"decided_by": "staff:stf_test"}


@pytest.mark.parametrize("code", ["61010", "40003"])
def test_what_wechat_does_not_judge_is_for_a_person(shop: Shop, line: Bought, code: str) -> None:
    shop.world.mini.fail["check_text"] = [WeChatRefused(code)]
    review_id = line.review()
    work(shop)
    assert state(shop, review_id) == "held"
    assert shop.one("select state, problem from screenings") == {"state": "unjudged", "problem": code}


def test_no_quota_left_waits_for_the_next_chinese_day_and_no_person_is_bothered(shop: Shop, line: Bought, later: Any) -> None:
    shop.world.mini.fail["check_picture"] = [WeChatRefused("45009")]
    review_id = line.review(pictures=[line.picture(), line.picture()])
    work(shop)
    assert (state(shop, review_id), len(checks(shop))) == ("checking", 2)
    assert [tuple(row.values()) for row in shop.rows("select state, problem from screenings order by part = 'text' desc, id")] == [
        ("passed", None), ("open", "45009"), ("open", "45009")]
    later(hours=11)
    work(shop)
    assert (state(shop, review_id), len(checks(shop))) == ("checking", 2), "noon and eleven hours: not yet, and given up by nobody"
    later(hours=1, minutes=10)
    work(shop)
    assert len(checks(shop)) == 4 and state(shop, review_id) == "checking"
    push(shop, "trace-1")
    push(shop, "trace-2")
    work(shop)
    assert state(shop, review_id) == "shown"
    assert shop.one("select count(*) as n from deliveries where dead_at is not null") == {"n": 0}


def test_no_quota_for_two_days_is_for_a_person(shop: Shop, line: Bought, later: Any) -> None:
    shop.world.mini.fail["check_text"] = [WeChatRefused("45009") for _ in range(3)]
    review_id = line.review()
    for day in range(3):
        work(shop)
        assert (state(shop, review_id), len(checks(shop))) == ("checking" if day < 2 else "held", day + 1)
        later(days=1)
    assert shop.one("select state, problem from screenings") == {"state": "unjudged", "problem": "45009"}


def test_a_verdict_after_the_quota_came_back_may_be_late_too(shop: Shop, line: Bought, later: Any) -> None:
    shop.world.mini.fail["check_picture"] = [WeChatRefused("45009")]
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    later(hours=12, minutes=10)
    work(shop)
    later(minutes=41)
    work(shop)
    assert state(shop, review_id) == "held", "WeChat judges within 30 minutes, on the next day as well"


def test_too_frequent_waits_a_minute_and_no_answer_is_asked_again(shop: Shop, line: Bought, later: Any) -> None:
    shop.world.mini.fail["check_text"] = [WeChatRefused("45011"), LOST]
    review_id = line.review()
    work(shop)
    assert state(shop, review_id) == "checking" and len(checks(shop)) == 1
    work(shop)
    assert len(checks(shop)) == 1
    later(minutes=1)
    work(shop)
    assert state(shop, review_id) == "checking" and len(checks(shop)) == 2
    assert shop.one("select attempt from deliveries where done_at is null and reaction = 'screen_content'") == {"attempt": 1}
    later(minutes=41)
    work(shop)
    assert state(shop, review_id) == "held"


# --- who may ---


def test_one_review_per_line_and_a_repeat_is_the_same(shop: Shop, line: Bought) -> None:
    key = ClientKey("key-1", "print")
    review_id = line.review(key=key)
    assert line.review(key=key) == review_id and key.hit
    assert code_of(line.review) == "already_reviewed"
    assert shop.one("select count(*) as n from reviews") == {"n": 1}


def test_refusals_change_nothing(shop: Shop, line: Bought, snapshot: Any, later: Any) -> None:
    mei, unreceived = shop.shopper("mei"), bought(shop, "han")
    on_its_way, _ = shop.paid(line.who, (line.goods, 1))
    [open_line] = shop.lines(on_its_way)
    foreign, avatar = given_picture(shop.ctx(mei.actor)), given_picture(line.ctx(), "avatar")
    before = snapshot()
    good = {"order_id": line.order_id, "line_id": line.line_id, "stars": 5, "service_stars": 5}
    for who, changes, code in (
        (mei, {}, "not_found"),
        (line.who, {"order_id": "ord_none"}, "not_found"),
        (line.who, {"line_id": unreceived.line_id}, "not_found"),
        (line.who, {"order_id": on_its_way, "line_id": open_line}, "review_not_received"),
        (line.who, {"stars": 0}, "review_stars"),
        (line.who, {"service_stars": 6}, "review_stars"),
        (line.who, {"text": "好" * 501}, "review_text"),
        (line.who, {"pictures": [foreign]}, "picture_not_found"),
        (line.who, {"pictures": [avatar]}, "picture_not_found"),
        (line.who, {"pictures": ["0" * 32 + ".jpg"]}, "picture_not_found"),
        (line.who, {"pictures": ["x"] * 10}, "review_pictures"),
        (line.who, {"reuse_version": "v 1"}, "reuse_version"),
        (shop.ctx(STAFF), {}, "forbidden"),
        (shop.ctx(ANONYMOUS), {}, "login_needed"),
    ):
        ctx = shop.ctx(who.actor)
        assert code_of(lambda ctx=ctx, changes=changes: write_review(ctx, **good | changes)) == code, changes
    later(days=30)
    assert code_of(lambda: write_review(line.ctx(), **good)) == "review_too_late"
    assert snapshot() == before


def test_a_picture_belongs_to_one_review(shop: Shop, line: Bought) -> None:
    other = bought(shop, goods=line.goods)
    picture = line.picture()
    line.review(pictures=[picture])
    assert code_of(lambda: other.review(pictures=[picture])) == "picture_not_found"


# --- editing ---


def test_an_edit_is_looked_at_anew_and_is_out_of_sight_meanwhile(shop: Shop, line: Bought) -> None:
    old, kept = line.picture(), line.picture()
    review_id = line.shown(pictures=[old, kept])
    new = line.picture()
    edit_review(line.ctx(), review_id=review_id, stars=2, service_stars=5, text="放久了不甜", pictures=[kept, new])
    assert state(shop, review_id) == "checking"
    work(shop)
    assert rating(shop)["stars_5"] == rating(shop)["stars_2"] == 0
    judge_pictures(shop)
    work(shop)
    assert state(shop, review_id) == "shown" and rating(shop)["stars_2"] == 1
    assert shop.one("select revision, edited_at is not null as edited from reviews") == {"revision": 2, "edited": True}
    used = {row["key"]: row["claimed_by"] for row in shop.rows("select key, claimed_by from uploads")}
    assert used == {old: None, kept: review_id, new: review_id}


def test_the_same_again_changes_nothing(shop: Shop, line: Bought, snapshot: Any) -> None:
    review_id = line.shown("很甜")
    before = snapshot()
    edit_review(line.ctx(), review_id=review_id, stars=5, service_stars=5, text=" 很甜\u200b ")
    assert snapshot() == before


def test_verdicts_on_what_was_replaced_decide_nothing(shop: Shop, line: Bought) -> None:
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    edit_review(line.ctx(), review_id=review_id, stars=5, service_stars=5, text="换了文字")
    push(shop, "trace-1", "risky")
    work(shop)
    assert state(shop, review_id) == "shown"


def test_a_verdict_on_what_was_replaced_leaves_the_new_words_waiting(shop: Shop, line: Bought, later: Any) -> None:
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    shop.world.mini.fail["check_text"] = [WeChatRefused("45011", "too frequent")]
    edit_review(line.ctx(), review_id=review_id, stars=5, service_stars=5, text="换了文字")
    work(shop)
    push(shop, "trace-1", "risky")
    work(shop)
    assert state(shop, review_id) == "checking"
    later(seconds=61)
    work(shop)
    assert state(shop, review_id) == "shown"


def test_a_rejected_review_is_rewritten_however_late(shop: Shop, line: Bought, later: Any) -> None:
    shop.world.mini.verdicts["赌博"] = "risky"
    review_id = line.review("赌博")
    work(shop)
    later(days=60)
    edit_review(line.ctx(), review_id=review_id, stars=5, service_stars=5, text="很甜")
    work(shop)
    assert state(shop, review_id) == "shown" and moves(shop, review_id) == ["checking", "rejected", "checking", "shown"]
    assert code_of(lambda: edit_review(line.ctx(), review_id=review_id, stars=1, service_stars=5)) == "review_too_late"


def test_edits_that_are_refused(shop: Shop, line: Bought, snapshot: Any) -> None:
    review_id = line.shown()
    answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢您")
    mei = shop.shopper("mei")
    before = snapshot()
    edit = {"review_id": review_id, "stars": 1, "service_stars": 5, "text": "改"}
    assert code_of(lambda: edit_review(line.ctx(), **edit)) == "review_answered"
    assert code_of(lambda: edit_review(shop.ctx(mei.actor), **edit)) == "not_found"
    assert code_of(lambda: edit_review(line.ctx(), **edit | {"review_id": "rev_none"})) == "not_found"
    assert snapshot() == before


# --- adding ---


def test_a_follow_up_is_added_once_and_looked_at(shop: Shop, line: Bought, snapshot: Any, later: Any) -> None:
    review_id = line.shown()
    later(days=40)
    note_id = add_follow_up(line.ctx(), review_id=review_id, text="吃完又买了一箱", pictures=[line.picture()])
    assert state(shop, note_id) == "checking"
    work(shop)
    judge_pictures(shop)
    work(shop)
    assert state(shop, note_id) == "shown" and state(shop, review_id) == "shown"
    before = snapshot()
    assert code_of(lambda: add_follow_up(line.ctx(), review_id=review_id, text="再追评")) == "already_followed_up"
    assert code_of(lambda: add_follow_up(line.ctx(), review_id=review_id, text=" \u200b")) == "review_empty"
    assert snapshot() == before


def test_a_rejected_follow_up_is_rewritten(shop: Shop, line: Bought) -> None:
    review_id = line.shown()
    shop.world.mini.verdicts["赌博"] = "risky"
    note_id = add_follow_up(line.ctx(), review_id=review_id, text="赌博")
    work(shop)
    assert state(shop, note_id) == "rejected"
    assert add_follow_up(line.ctx(), review_id=review_id, text="真的很甜") == note_id
    work(shop)
    assert state(shop, note_id) == "shown"


def test_follow_ups_that_are_refused(shop: Shop, line: Bought, later: Any, snapshot: Any) -> None:
    review_id, mei = line.review(), shop.shopper("mei")
    before = snapshot()
    assert code_of(lambda: add_follow_up(line.ctx(), review_id=review_id, text="追")) == "review_not_shown"
    assert code_of(lambda: add_follow_up(shop.ctx(mei.actor), review_id=review_id, text="追")) == "not_found"
    assert snapshot() == before
    work(shop)
    later(days=180)
    assert code_of(lambda: add_follow_up(line.ctx(), review_id=review_id, text="追")) == "review_too_late"


# --- staff ---


def test_an_answer_is_looked_at_and_can_be_changed(shop: Shop, line: Bought) -> None:
    review_id = line.shown()
    note_id = answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢您的支持")
    assert state(shop, note_id) == "checking"
    work(shop)
    assert state(shop, note_id) == "shown"
    assert answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢您，欢迎再来") == note_id
    assert answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢您，欢迎再来") == note_id
    work(shop)
    assert shop.one("select state, revision, text from review_notes") == {
        "state": "shown", "revision": 2, "text": "谢谢您，欢迎再来"}
    assert [row["action"] for row in shop.rows("select action from audit_log where action like '%review%' order by at, id")] == [
        "answer_review"] * 2


def test_staff_vouch_for_their_own_words_where_wechat_does_not_judge(shop: Shop, line: Bought) -> None:
    review_id = line.shown()
    shop.world.mini.fail["check_text"] = [WeChatRefused("61010")]
    note_id = answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢")
    work(shop)
    assert state(shop, note_id) == "shown"
    assert shop.one("select decided_by from review_notes") == {"decided_by": "staff:stf_test"}
    shop.world.mini.verdicts["加微信"] = "review"
    answer_review(shop.ctx(STAFF), review_id=review_id, text="加微信领红包")
    work(shop)
    assert state(shop, note_id) == "held"


def test_hiding_needs_a_reason_and_deletes_nothing(shop: Shop, line: Bought, snapshot: Any) -> None:
    review_id = line.shown()
    before = snapshot()
    for reason in ("", "坏", "x" * 201):
        assert code_of(lambda reason=reason: hide_review(shop.ctx(STAFF), subject=review_id, reason=reason)) == "review_reason"
    assert snapshot() == before
    hide_review(shop.ctx(STAFF), subject=review_id, reason="含有他人手机号")
    hide_review(shop.ctx(STAFF), subject=review_id, reason="再点一次")
    work(shop)
    assert shop.one("select state, reason, text from reviews") == {
        "state": "hidden", "reason": "含有他人手机号", "text": "很甜，会再买"}
    assert rating(shop)["stars_5"] == 0
    show_review(shop.ctx(STAFF), subject=review_id)
    show_review(shop.ctx(STAFF), subject=review_id)
    work(shop)
    assert state(shop, review_id) == "shown" and rating(shop)["stars_5"] == 1
    audit = shop.rows("select action, actor, after from audit_log where subject = :id order by at, id", id=review_id)
    assert [row["action"] for row in audit] == ["hide_review", "show_review"]


def test_a_hidden_review_is_not_edited_and_a_note_can_be_hidden(shop: Shop, line: Bought) -> None:
    review_id = line.shown()
    note_id = add_follow_up(line.ctx(), review_id=review_id, text="追评")
    work(shop)
    hide_review(shop.ctx(STAFF), subject=note_id, reason="与商品无关")
    assert (state(shop, note_id), state(shop, review_id)) == ("hidden", "shown")
    hide_review(shop.ctx(STAFF), subject=review_id, reason="与商品无关")
    assert code_of(lambda: edit_review(line.ctx(), review_id=review_id, stars=1, service_stars=1)) == "review_hidden"
    assert code_of(lambda: answer_review(shop.ctx(STAFF), review_id=review_id, text="谢谢")) == "review_not_shown"


def test_a_person_decides_what_is_held(shop: Shop, line: Bought) -> None:
    shop.world.mini.verdicts["加微信"] = "review"
    other = bought(shop, goods=line.goods)
    first, second = line.review("加微信"), other.review("加微信")
    work(shop)
    reject_review(shop.ctx(STAFF), subject=first, reason="请不要留联系方式")
    reject_review(shop.ctx(STAFF), subject=first, reason="请不要留联系方式")
    show_review(shop.ctx(STAFF), subject=second)
    work(shop)
    assert (state(shop, first), state(shop, second)) == ("rejected", "shown")
    assert rating(shop)["stars_5"] == 1
    assert code_of(lambda: show_review(shop.ctx(STAFF), subject=first)) == "review_moved"
    assert code_of(lambda: reject_review(shop.ctx(STAFF), subject=second, reason="不行")) == "review_moved"
    assert code_of(lambda: hide_review(shop.ctx(STAFF), subject=first, reason="不行")) == "review_moved"


def test_only_staff_with_the_right_and_the_store(shop: Shop, line: Bought, snapshot: Any) -> None:
    review_id = line.shown()
    acts = (
        lambda ctx: answer_review(ctx, review_id=review_id, text="谢谢"),
        lambda ctx: hide_review(ctx, subject=review_id, reason="原因写明"),
        lambda ctx: show_review(ctx, subject=review_id),
        lambda ctx: reject_review(ctx, subject=review_id, reason="原因写明"),
    )
    before = snapshot()
    for actor, code in (
        (line.who.actor, "forbidden"), (ANONYMOUS, "login_needed"), (staff("stf_2", ["reviews.view"]), "forbidden"),
        (staff("stf_3", ["reviews.manage"], ["sto_other"]), "not_found"),
    ):
        for act in acts:
            assert code_of(lambda act=act, actor=actor: act(shop.ctx(actor))) == code
    assert code_of(lambda: acts[3](shop.ctx(STAFF))) == "review_moved"
    assert snapshot() == before
    for subject in ("rev_none", "rno_none", "mem_none", ""):
        assert code_of(lambda subject=subject: show_review(shop.ctx(STAFF), subject=subject)) == "not_found"


# --- reuse and counting ---


def test_the_permission_to_reuse_is_asked_recorded_and_revocable(shop: Shop, line: Bought) -> None:
    review_id = line.shown(reuse_version="2026-03", reuse_credit=True)
    current = "select reuse_version, reuse_credit from reviews"
    assert shop.one(current) == {"reuse_version": "2026-03", "reuse_credit": True}
    change_reuse(line.ctx(), review_id=review_id, version="2026-03", granted=True, credit=True)
    change_reuse(line.ctx(), review_id=review_id, version="2026-04", granted=True)
    change_reuse(line.ctx(), review_id=review_id, version="2026-04", granted=False)
    change_reuse(line.ctx(), review_id=review_id, version="2026-04", granted=False)
    assert shop.one(current) == {"reuse_version": None, "reuse_credit": False}
    assert [(row["version"], row["granted"], row["credit"]) for row in shop.rows("select * from reuse_words order by at, id")] == [
        ("2026-03", True, True), ("2026-04", True, False), ("2026-04", False, False)]
    assert code_of(lambda: change_reuse(shop.shopper("mei"), review_id=review_id, version="1", granted=True)) == "not_found"


def test_counting_converges(shop: Shop, line: Bought) -> None:
    for stars, name in ((5, "a"), (5, "b"), (3, "c"), (1, "d")):
        bought(shop, name, goods=line.goods).shown(stars=stars)
    expected = {"stars_1": 1, "stars_2": 0, "stars_3": 1, "stars_4": 0, "stars_5": 2, "with_pictures": 0}
    assert rating(shop) == expected
    for _ in range(2):
        count_reviews(shop.ctx(), product_id=line.goods.product_id)
    assert rating(shop) == expected
