"""Reviews and message consents over the door: the document is true, strangers learn nothing, hostile text is inert."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.app import runtime
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, SYSTEM, staff
from backend.members import store as members
from backend.usecases.answer_review import answer_review
from backend.usecases.edit_profile import edit_profile
from backend.usecases.hide_review import hide_review
from tests.fakes import FakeWorld
from tests.given_members import Shopper
from tests.given_orders import Shop
from tests.given_reviews import Bought, judge_pictures, received, work
from tests.miniprogram_api.checked import Checked, facts

Shoppers = Callable[..., Shopper]
GOOD = {"stars": 4, "service_stars": 5, "text": "很甜，会再买"}


@pytest.fixture
def buy(api: Checked, shop: Shop, shopper: Shoppers) -> Callable[..., tuple[Shopper, Bought]]:
    """`buy("li")` → li, logged in, with a line that they have received."""
    goods = []

    def buy(name: str = "li") -> tuple[Shopper, Bought]:
        li = shopper(name)
        shop.addresses[li.id] = li.address_id
        if not goods:
            goods.append(shop.goods("A1", title="阳山水蜜桃"))
        order_id, _ = shop.paid(li.ctx, (goods[0], 1))
        return li, received(shop, li.ctx, goods[0], order_id)

    return buy


def post(api: Checked, li: Shopper, line: Bought, key: str = "key-review-1", **body: Any) -> Any:
    return api.post(f"/orders/{line.order_id}/lines/{line.line_id}/review", li, key=key, json=GOOD | body)


def listed(api: Checked, line: Bought, query: str = "") -> dict[str, Any]:
    answer = api.get(f"/products/{line.goods.product_id}/reviews{query}")
    assert answer.status_code == 200
    return answer.get_json()


def test_from_the_order_to_the_product_page(api: Checked, shop: Shop, buy: Any) -> None:
    li, line = buy()
    page = api.get(f"/orders/{line.order_id}", li).get_json()
    assert page["allowed"][0] == "review" and page["lines"][0]["review_id"] is None
    assert api.get("/orders", li).get_json()["items"][0]["allowed"][0] == "review"
    picture = line.picture()
    first = post(api, li, line, pictures=[picture], reuse={"version": "2026-03", "credit": True})
    again = post(api, li, line, pictures=[picture], reuse={"version": "2026-03", "credit": True})
    assert (first.status_code, again.status_code, again.headers["Idempotency-Hit"]) == (201, 201, "true")
    review_id = first.get_json()["id"]
    assert listed(api, line)["items"] == [], "nobody sees what was not looked at"
    [mine] = api.get("/me/reviews", li).get_json()["items"]
    assert (mine["state"], mine["state_text"], mine["allowed"]) == ("checking", "审核中", ["edit"])
    assert mine["reuse"] == {"version": "2026-03", "credit": True}
    work(shop)
    judge_pictures(shop)
    work(shop)
    shown = listed(api, line)
    assert (shown["count"], shown["average_tenths"], shown["with_pictures"]) == (1, 40, 1)
    assert shown["stars"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    [item] = shown["items"]
    assert (item["id"], item["text"], item["pictures"], item["stars"]) == (review_id, "很甜，会再买", [picture], 4)
    assert item["author"].startswith("用户") and item["reply"] is None and item["edited"] is False
    product = api.get(f"/products/{line.goods.product_id}").get_json()
    assert product["reviews"] == {"count": 1, "average_tenths": 40}
    page = api.get(f"/orders/{line.order_id}", li).get_json()
    assert "review" not in page["allowed"] and page["lines"][0]["review_id"] == review_id
    assert "review" not in api.get("/orders", li).get_json()["items"][0]["allowed"]
    assert post(api, li, line, key="key-review-2").get_json()["code"] == "already_reviewed"


def test_the_list_is_kept_by_its_etag(api: Checked, shop: Shop, buy: Any) -> None:
    li, line = buy()
    path = f"/products/{line.goods.product_id}/reviews"
    first = api.get(path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert api.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    post(api, li, line)
    work(shop)
    assert api.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_pages_and_filters(api: Checked, shop: Shop, buy: Any) -> None:
    for number in range(5):
        li, line = buy(f"s{number}")
        pictures = [line.picture()] if number % 2 else []
        post(api, li, line, stars=number + 1, text=f"第{number}条", pictures=pictures)
        work(shop)
        judge_pictures(shop)
        work(shop)
    first = listed(api, line, "?limit=2")
    second = listed(api, line, f"?limit=2&after={first['next']}")
    third = listed(api, line, f"?limit=2&after={second['next']}")
    assert [item["text"] for each in (first, second, third) for item in each["items"]] == [
        "第4条", "第3条", "第2条", "第1条", "第0条"]
    assert third["next"] is None and first["count"] == 5 and first["average_tenths"] == 30
    assert [item["text"] for item in listed(api, line, "?stars=2")["items"]] == ["第1条"]
    assert [item["text"] for item in listed(api, line, "?with_pictures=1")["items"]] == ["第3条", "第1条"]
    for query in ("?stars=0", "?stars=6", "?limit=0", "?limit=51", "?with_pictures=2", "?after=a%00b", "?page=1"):
        assert api.get(f"/products/{line.goods.product_id}/reviews{query}").status_code == 422
    assert facts(api.get("/products/prd_none/reviews"))["code"] == "not_found"


def test_names_are_whole_masked_or_gone(api: Checked, shop: Shop, buy: Any) -> None:
    li, line = buy()
    post(api, li, line)
    work(shop)
    edit_profile(li.ctx, changes={"nickname": "王小满"})
    assert listed(api, line)["items"][0]["author"] == "王**", "until WeChat has let the name pass"
    work(shop)
    assert listed(api, line)["items"][0]["author"] == "王小满"
    mine = api.get("/me/reviews", li).get_json()["items"][0]
    assert api.put(f"/me/reviews/{mine['id']}", li, json=GOOD | {"anonymous": True}).status_code == 204
    work(shop)
    [item] = listed(api, line)["items"]
    assert (item["author"], item["avatar"], item["edited"]) == ("王**", None, True)
    with transaction(shop.ctx()) as tx:
        members.change_profile(tx, li.id, {"state": "closed"})
    assert listed(api, line)["items"][0]["author"] == "已注销用户"


def test_an_unfit_name_is_replaced(api: Checked, shop: Shop, buy: Any, world: FakeWorld) -> None:
    li, line = buy()
    post(api, li, line)
    world.mini.verdicts["代开发票"] = "risky"
    edit_profile(li.ctx, changes={"nickname": "代开发票"})
    work(shop)
    name = api.get("/me", li).get_json()["nickname"]
    assert name.startswith("用户") and listed(api, line)["items"][0]["author"] == name
    work(shop)
    assert api.get("/me", li).get_json()["nickname"] == name


def test_follow_up_reply_and_reuse(api: Checked, shop: Shop, buy: Any) -> None:
    li, line = buy()
    review_id = post(api, li, line).get_json()["id"]
    work(shop)
    path = f"/me/reviews/{review_id}"
    added = api.post(f"{path}/follow-up", li, key="key-follow-1", json={"text": "放了一周还是脆"})
    assert added.status_code == 201
    answer_review(shop.ctx(staff("stf_1", EVERYTHING)), review_id=review_id, text="谢谢您的支持")
    [item] = listed(api, line)["items"]
    assert item["follow_up"] is None and item["reply"] is None
    work(shop)
    [item] = listed(api, line)["items"]
    assert item["follow_up"]["text"] == "放了一周还是脆" and item["reply"]["text"] == "谢谢您的支持"
    assert api.put(f"{path}/reuse", li, json={"version": "2026-03", "granted": True, "credit": False}).status_code == 204
    [mine] = api.get("/me/reviews", li).get_json()["items"]
    assert mine["reuse"] == {"version": "2026-03", "credit": False} and mine["allowed"] == []
    assert mine["follow_up"]["state"] == "shown" and mine["reply"]["text"] == "谢谢您的支持"
    assert api.put(path, li, json=GOOD).get_json() is None, "the same again"
    assert api.put(path, li, json=GOOD | {"stars": 1}).get_json()["code"] == "review_answered"
    hide_review(shop.ctx(staff("stf_1", EVERYTHING)), subject=review_id, reason="含有他人手机号")
    [mine] = api.get("/me/reviews", li).get_json()["items"]
    assert (mine["state_text"], mine["reason"]) == ("已隐藏", "含有他人手机号") and listed(api, line)["items"] == []
    english = api.get("/me/reviews", li, headers={"Accept-Language": "en"}).get_json()["items"][0]
    assert english["state_text"] == "Hidden"


def test_foreign_and_absent_are_alike(api: Checked, shop: Shop, buy: Any, shopper: Shoppers) -> None:
    li, line = buy()
    review_id = post(api, li, line).get_json()["id"]
    mei = shopper("mei")
    for method, path, body, key in (
        ("POST", "/orders/{order}/lines/{line}/review", GOOD, "key-foreign-1"),
        ("PUT", "/me/reviews/{review}", GOOD, None),
        ("POST", "/me/reviews/{review}/follow-up", {"text": "x"}, "key-foreign-2"),
        ("PUT", "/me/reviews/{review}/reuse", {"version": "1", "granted": True}, None),
    ):
        real = path.format(order=line.order_id, line=line.line_id, review=review_id)
        absent = path.format(order="ord_none", line="oli_none", review="rev_none")
        answers = [api.call(method, each, mei, json=body, key=key) for each in (real, absent)]
        assert facts(answers[0]) == facts(answers[1]) and answers[0].status_code == 404
        assert api.call(method, real, json=body, key=key).status_code == 401
    assert api.get("/me/reviews", mei).get_json()["items"] == []


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", "{{7*7}}", "=cmd|' /C calc'!A0", "a\u202eb\u200bc", "\r\n2026-03-01 ERROR fake", "𠮷😀" * 200,
    "' OR 1=1--", "%00%s%n"])
def test_hostile_text_is_kept_as_text(api: Checked, shop: Shop, buy: Any, text: str) -> None:
    li, line = buy()
    assert post(api, li, line, text=text).status_code == 201
    work(shop)
    [item] = listed(api, line)["items"]
    assert item["text"] == text.replace("\u202e", "").replace("\u200b", "").strip().replace("\r", "")


@pytest.mark.parametrize("body", [
    {"stars": 0}, {"stars": 6}, {"stars": "5"}, {"stars": True}, {"stars": 4.5}, {"stars": None}, {"text": "好" * 1001},
    {"text": "a\0b"}, {"text": 5}, {"pictures": ["../../etc/passwd"]}, {"pictures": "x"}, {"pictures": ["0" * 32] * 10},
    {"anonymous": 1}, {"reuse": {"version": "版本"}}, {"reuse": {"version": "1", "granted": True}}, {"state": "shown"},
    {"member_id": "mem_1"}, {"pictures": [["a"]]}])
def test_nonsense_changes_nothing(api: Checked, buy: Any, body: dict[str, Any], snapshot: Any) -> None:
    li, line = buy()
    before = snapshot()
    answer = post(api, li, line, **body)
    assert answer.status_code == 422
    assert snapshot() == before
    path = f"/orders/{line.order_id}/lines/{line.line_id}/review"
    assert api.post(path, li, json=GOOD).status_code == 400, "without a key"


def test_message_templates_and_taps(api: Checked, shopper: Shoppers) -> None:
    li = shopper()
    items = api.get("/me/message-templates", li).get_json()["items"]
    assert [(item["name"], item["balance"]) for item in items] == [("shipped", 0), ("ready", 0), ("refunded", 0)]
    answers = {items[0]["template_id"]: "accept", items[2]["template_id"]: "reject"}
    for _ in range(2):
        answer = api.post("/me/message-consents", li, key="key-tap-1", json={"answers": answers})
        assert answer.status_code == 204
    assert [item["balance"] for item in api.get("/me/message-templates", li).get_json()["items"]] == [1, 0, 0]
    for body in ({"answers": {}}, {"answers": {"none": "accept"}}, {"answers": {items[0]["template_id"]: "yes"}}, {},
                 {"answers": [1]}, {"answers": {f"t{n}": "accept" for n in range(6)}}, {"answers": {"a b": "accept"}}):
        assert api.post("/me/message-consents", li, key="key-tap-2", json=body).status_code == 422
    assert api.post("/me/message-consents", json={"answers": answers}, key="key-tap-3").status_code == 401


def test_the_system_reads_what_it_wrote(api: Checked, shop: Shop, buy: Any) -> None:
    li, line = buy()
    post(api, li, line, text="好" * 500)
    assert post(api, li, line, key="key-review-9", text="好" * 501).get_json()["code"] == "review_text"
    assert runtime(api.app).context(SYSTEM).shop.review_days == 30
