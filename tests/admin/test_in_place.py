"""Forms that stay on their page: a refusal comes back beside its field and changes nothing, a success says where to go."""

from collections.abc import Callable
from typing import Any

import pytest

from admin.in_place import FIELDS, STAY
from admin.typed import fen_of
from tests.given_orders import Shop
from tests.given_staff import Browser
from tests.house.test_refusals import declared

LogIn = Callable[..., Browser]
HERE = {STAY: "1"}


@pytest.fixture
def order(console: Any, shop: Shop) -> str:
    """A paid order of 2 × A1 (50.00)."""
    return shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 2))[0]


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("ship", {"courier": "SF", "tracking_number": "12", "q_": "1"}, "tracking_number", "快递单号须为 6–40 位"),
    ("ship", {"courier": "??", "tracking_number": "SF1234567", "q_": "1"}, "courier", "没有这家快递公司"),
    ("ship", {"courier": "SF", "tracking_number": "SF1234567", "q_": "-1"}, "q_", "请填写整数"),
    ("ship", {"courier": "SF", "tracking_number": "SF1234567", "q_": "9" * 5000}, "q_", "请填写整数"),
    ("ship", {"courier": "SF", "tracking_number": "SF1234567", "q_": "3"}, "q_", "还可发 2 件"),
    ("ship", {"courier": "SF", "tracking_number": "SF1234567", "q_": "0"}, "q_", "请至少给一件商品填写数量"),
    ("refund", {"q_": "1", "reason": " "}, "reason", "请填写此项"),
    ("refund", {"q_": "3", "reason": "少发"}, "q_", "退款超过了可退的数量"),
    ("refund", {"q_": "1", "freight": "8元", "reason": "少发"}, "freight", "请填写金额"),
    ("address", {"name": "", "phone": "13900139000", "region": "110105", "detail": "1 号"}, "name", "收货人姓名须为"),
    ("address", {"name": "李雷", "phone": "123", "region": "110105", "detail": "1 号"}, "phone", "请填写正确的手机号"),
    ("address", {"name": "李雷", "phone": "13900139000", "region": "火星", "detail": "1 号"}, "region", "请选择到区县"),
    ("address", {"name": "李雷", "phone": "13900139000", "region": "110105", "detail": "长" * 121}, "detail", "详细地址须为"),
    ("note", {"text": " "}, "text", "请填写备注"),
    ("remark", {"remark": "长" * 201}, "remark", "留言最多 200 个字"),
    ("close", {"reason": " "}, "reason", "请写明关闭原因"),
]
"""(route, what is typed, its wrong field, what is said of it); `q_` is the quantity of the one line."""


def test_what_was_typed_wrong_is_said_beside_its_field(
        order: str, shop: Shop, log_in: LogIn, snapshot: Callable[[], Any]) -> None:
    who, (line,) = log_in("owner"), shop.lines(order)
    who.token()
    before = snapshot()
    for route, typed, field, sentence in WRONG:
        named = {f"q_{line}" if name == "q_" else name: text for name, text in typed.items()}
        answer = who.post(f"/admin/orders/{order}/{route}/", named, headers=HERE)
        assert answer.status_code == 422 and sentence in answer.json["sentence"], (route, typed)
        assert (f"q_{line}" if field == "q_" else field) in answer.json["fields"], (route, typed)
    assert snapshot() == before
    assert "toast-bad" not in who.get("/admin/orders/").text, "it was said where it belongs, not once more on the next page"


def test_what_was_typed_well_says_where_to_go_and_is_told_there(order: str, log_in: LogIn) -> None:
    who = log_in("orders")
    answer = who.post(f"/admin/orders/{order}/note/", {"text": "周六前送到"}, headers=HERE)
    assert answer.status_code == 200 and answer.json == {"to": f"/admin/orders/{order}/"}
    page = who.get(answer.json["to"]).text
    assert "备注已添加" in page and "周六前送到" in page


def test_a_view_that_would_draw_the_page_anew_is_answered_in_place_too(console: Any, log_in: LogIn) -> None:
    answer = log_in("goods").post("/admin/categories/save/", {"name": " ", "position": "1"}, headers=HERE)
    assert answer.status_code == 422 and answer.json["fields"] == ["name"]


def test_without_the_script_the_same_form_is_answered_by_pages(order: str, log_in: LogIn) -> None:
    answer = log_in("orders").post(f"/admin/orders/{order}/note/", {"text": " "}, follow=False)
    assert answer.status_code == 303 and answer.location == f"/admin/orders/{order}/"


def test_pages_that_say_no_are_one_sentence_here(order: str, log_in: LogIn, nobody: Browser) -> None:
    who = log_in("goods")
    assert who.post(f"/admin/orders/{order}/note/", {"text": "x"}, headers=HERE).json["sentence"].startswith("您没有此操作的权限")
    absent = log_in("orders").post("/admin/orders/ord_absent/note/", {"text": "x"}, headers=HERE)
    assert absent.status_code == 422 and absent.json["sentence"].startswith("没有找到")
    bare = log_in("orders").post_bare(f"/admin/orders/{order}/note/", {"text": "x"}, headers=HERE)
    assert bare.status_code == 422 and "没有做任何修改" in bare.json["sentence"]
    out = nobody.post(f"/admin/orders/{order}/note/", {"text": "x"}, headers=HERE)
    assert out.status_code == 401 and out.json is None


def test_forms_with_a_page_of_their_own_say_it_beside_the_field_too(console: Any, log_in: LogIn) -> None:
    form = {"who": "mem_absent", "category": "goods", "heard_in": "电话", "words": "箱子破了"}
    page = log_in("service").post("/admin/tickets/new/", form)
    assert page.status_code == 409 and 'value="mem_absent"' in page.text and "箱子破了" in page.text
    assert '<p class="error">没有这个会员编号或订单号，请核对后再填。</p>' in page.text and "toast-bad" not in page.text


@pytest.mark.parametrize(("typed", "fen"), [
    ("12", 1200), (" ¥12.5 ", 1250), ("￥0.01", 1), ("1,234.50", 123450), ("1，234", 123400), ("", None), ("¥", None),
    ("-5", -500)])
def test_amounts_as_people_write_them(typed: str, fen: int | None) -> None:
    assert fen_of(typed) == fen


@pytest.mark.parametrize("typed", ["1,00", "12,5", "1,2345", ",100", "1.234", "12 元", "十二", "１２", "1e3", "--1", "9" * 5000])
def test_what_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError):
        fen_of(typed)


def test_fields_are_named_for_refusals_that_exist() -> None:
    assert set(FIELDS) <= {each.code for each in declared()}
