"""Yuan fields, filters, formats, words: what the components of the console make of what people write."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from admin.base import client_key
from admin.filters import Choice, Days, Yuan
from admin.formats import badge, local_day, local_time, value, yuan
from admin.forms import Form, YuanField, required
from admin.log_in import local
from admin.words import say
from backend.orders.models import Order

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Price(Form):
    """A form with an amount."""

    price_fen = YuanField(say("价格", "Price"), [required()], most=1_000_000)


@pytest.mark.parametrize(("text", "fen"), [
    ("12.50", 1250), ("12.5", 1250), ("12", 1200), (" 1,234.50 ", 123450), ("¥0.01", 1), ("￥3", 300), ("10000.00", 1_000_000),
    ("12.500", 1250), ("12.505", None), ("0.001", None), ("-1", None), ("10000.01", None), ("1e3", None), ("abc", None), ("", None),
    ("１２", None), ("NaN", None), ("--1", None), (".", None)])
def test_a_yuan_field_holds_fen_exactly(console: Flask, text: str, fen: int | None) -> None:
    with console.test_request_context("/admin/"):
        form = Price(MultiDict({"price_fen": text}))
        assert form.validate() is (fen is not None)
        if fen is not None:
            assert form.price_fen.data == fen
        else:
            assert all(str(each) for each in form.price_fen.errors)
            assert form.price_fen._value() == text


@pytest.mark.parametrize("fen", [0, 1, 10, 99, 100, 123456, 1_000_000])
def test_a_yuan_field_shows_what_it_reads(console: Flask, fen: int) -> None:
    with console.test_request_context("/admin/"):
        shown = Price(data={"price_fen": fen}).price_fen._value()
        assert Price(MultiDict({"price_fen": shown})).price_fen.data == fen


def sql(filter_: Any, **given_: str) -> str:
    """What a filter adds to a query of orders."""
    added: list[str] = []

    class Query:
        def filter(self, condition: Any) -> "Query":
            added.append(str(condition.compile(compile_kwargs={"literal_binds": True})))
            return self

    filter_.apply(Query(), Order, given_)
    return " and ".join(added)


def test_days_are_those_of_china(console: Flask) -> None:
    days = Days("placed_at", "x")
    assert "2026-03-01 16:00" in sql(days, placed_at_from="2026-03-02")
    assert "2026-03-02 16:00" in sql(days, placed_at_to="2026-03-02")
    assert sql(days, placed_at_from="2026-02-30", placed_at_to="x") == ""


def test_amounts_and_choices(console: Flask) -> None:
    assert sql(Yuan("total_fen", "x"), total_fen_from="12.5", total_fen_to="20") == (
        "orders.total_fen >= 1250 and orders.total_fen <= 2000")
    assert sql(Yuan("total_fen", "x"), total_fen_from="' OR 1=1") == ""
    paid = Choice("state", "x", {"paid": say("已付款", "Paid")})
    assert sql(paid, state="paid") == "orders.state = 'paid'"
    assert sql(paid, state="' or 1=1") == ""


@pytest.mark.parametrize(("fen", "text"), [
    (0, "¥0.00"), (1, "¥0.01"), (123456789, "¥1,234,567.89"), (-1250, "-¥12.50"), (None, "")])
def test_yuan(database_url: str, fen: int | None, text: str) -> None:
    assert yuan(fen) == text


def test_times_are_chinese_and_amounts_known_by_their_name(database_url: str) -> None:
    at = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    assert (local_time(at), local_time(at, seconds=True)) == ("2026-03-02 00:30", "2026-03-02 00:30:00")
    assert local_day(at) == "2026-03-02"
    assert (local_time(None), local_day(None)) == ("", "")
    assert "2026-03-02 00:30" in value(at)
    assert "¥12.50" in value(1250, "total_fen") and value(1250, "quantity") == "1,250"
    assert value(date(2026, 3, 2)) == "2026-03-02"
    assert value("") == value(None) == Markup('<span class="muted">–</span>')


@pytest.mark.parametrize("nasty", ["<b>", '"><script>', "\u202eabc", "{{7*7}}", "a'b"])
def test_values_and_badges_are_escaped(database_url: str, nasty: str) -> None:
    for made in (value(nasty), value(nasty, "id"), badge(nasty), value([nasty])):
        assert "<b>" not in made and "<script" not in made and "\u202e" not in made


def test_an_unknown_tone_is_a_bug(database_url: str) -> None:
    with pytest.raises(AssertionError):
        badge("x", "evil\" onclick=")


def test_words_are_chosen_when_they_are_shown(console: Flask) -> None:
    words = say("订单 %s", "Order %s")
    assert str(words) == "订单 %s" and words % 1 == "订单 1" and words + "!" == "订单 %s!" and "!" + words == "!订单 %s"
    with console.test_request_context("/admin/", headers={"Cookie": "tuanma_language=en"}):
        assert words % 1 == "Order 1"
        assert say("b", "a") < say("a", "b")
    assert len(say("订单", "Orders")) == 2
    assert say("{n} 个", "{n}").format(n=3) == "3 个"


@pytest.mark.parametrize("target", ["/admin/", "/admin/staff/?q=a&page=2", "/admin/orders/ord_1/"])
def test_pages_of_the_console_are_local(console: Flask, target: str) -> None:
    with console.test_request_context("/admin/"):
        assert local(target) == target


def keyed(console: Flask, **data: str) -> Any:
    """The client key of a form."""
    with console.test_request_context("/admin/x/", method="POST", data=data):
        return client_key()


def test_a_forms_key_knows_the_form_again(console: Flask) -> None:
    first = keyed(console, idempotency_key="k" * 20, name="a", csrf_token="1")
    again = keyed(console, idempotency_key="k" * 20, name="a", csrf_token="2")
    other = keyed(console, idempotency_key="k" * 20, name="b", csrf_token="1")
    assert first.value == again.value == "k" * 20
    assert first.fingerprint == again.fingerprint != other.fingerprint


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "k" * 20 + "\n", "ключ" * 5])
def test_a_form_without_a_key_is_refused(console: Flask, key: str) -> None:
    with pytest.raises(BadRequest):
        keyed(console, idempotency_key=key)


