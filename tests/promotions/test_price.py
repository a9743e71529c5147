"""The price function: by table and by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.promotions.rules import MAX_TOTAL_FEN, WORDS, FreightTerms, Item, must_equal_shown, price, say

TERMS = FreightTerms(800, 8800)


@pytest.mark.parametrize(("lines", "goods", "freight"), [
    ([(1, 8799)], 8799, 800),
    ([(1, 8800)], 8800, 0),
    ([(2, 4400)], 8800, 0),
    ([(3, 1)], 3, 800),
    ([(1, 4400), (1, 4399)], 8799, 800),
])
def test_freight_is_free_from_88_yuan_of_goods(lines: list[tuple[int, int]], goods: int, freight: int) -> None:
    quote = price([Item(f"sku_{index}", quantity, fen) for index, (quantity, fen) in enumerate(lines)], TERMS)
    assert (quote.goods_fen, quote.discount_fen, quote.freight_fen, quote.total_fen) == (goods, 0, freight, goods + freight)
    assert quote.explanation[-1].code == ("freight" if freight else "freight_free")


@pytest.mark.parametrize(("fen", "freight", "code"), [(8800, 1500, "freight_far"), (19900, 0, "freight_free")])
def test_a_far_province_has_its_own_freight_and_says_so(fen: int, freight: int, code: str) -> None:
    quote = price([Item("sku", 1, fen)], FreightTerms(1500, 19900, far=True))
    assert (quote.freight_fen, quote.explanation[-1].code) == (freight, code)
    assert "199" in say(quote.explanation[-1])


@pytest.mark.parametrize("fen", [1, 8799, 8800, 100_000])
def test_what_is_fetched_travels_free_and_says_so(fen: int) -> None:
    quote = price([Item("sku", 1, fen)], FreightTerms(0, 0, fetched=True))
    assert (quote.freight_fen, quote.total_fen) == (0, fen)
    assert (quote.explanation[-1].code, say(quote.explanation[-1]), say(quote.explanation[-1], "en")) == (
        "freight_pickup", "自提，免运费", "Pick-up: no freight")


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 99_999)), min_size=1, max_size=40), st.integers(0, 5000),
       st.integers(0, 20_000))
def test_lines_add_up_and_every_fen_is_explained(lines: list[tuple[int, int]], flat: int, free_from: int) -> None:
    items = [Item(f"sku_{index}", quantity, fen) for index, (quantity, fen) in enumerate(lines)]
    if sum(quantity * fen for quantity, fen in lines) + flat > MAX_TOTAL_FEN:
        with pytest.raises(Refused):
            price(items, FreightTerms(flat, free_from))
        return
    quote = price(items, FreightTerms(flat, free_from))
    assert quote.goods_fen == sum(line.amount_fen for line in quote.lines) == sum(quantity * fen for quantity, fen in lines)
    assert quote.total_fen == sum(line.payable_fen for line in quote.lines) + quote.freight_fen
    assert quote.total_fen == sum(reason.amount_fen for reason in quote.explanation)
    for line in quote.lines:
        assert line.payable_fen == sum(reason.amount_fen for reason in line.explanation) >= 0


def test_too_large_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        price([Item("a", 999_999, 1001)], TERMS)
    assert (refused.value.code, refused.value.details) == ("order_too_large", {"limit_fen": MAX_TOTAL_FEN})


@pytest.mark.parametrize("item", [Item("a", 0, 5), Item("a", -1, 5), Item("a", 1, -5)])
def test_nonsense_is_a_bug(item: Item) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        price([item], TERMS)


@pytest.mark.parametrize("item", [Item("a", 1.5, 5), Item("a", True, 5), Item("a", 1, 0.5)])  # type: ignore[arg-type]
def test_no_floats_and_no_booleans(item: Item) -> None:
    with pytest.raises(TypeError):
        price([item], TERMS)


def test_the_shown_total_is_only_compared() -> None:
    quote = price([Item("a", 1, 5000)], TERMS)
    must_equal_shown(quote, 5800)
    with pytest.raises(Refused) as refused:
        must_equal_shown(quote, 5799)
    assert refused.value.details == {"shown_total_fen": 5799, "total_fen": 5800, "goods_fen": 5000, "freight_fen": 800}


def test_a_reason_is_kept_as_json() -> None:
    assert price([Item("a", 2, 50)], TERMS).explanation[1].as_json() == {
        "code": "freight", "amount_fen": 800, "details": {"free_from_fen": 8800}}


def test_a_line_says_what_it_is_made_of() -> None:
    [line] = price([Item("a", 2, 50)], TERMS).lines
    assert (line.item, line.price_fen, line.amount_fen, line.payable_fen) == (Item("a", 2, 50), 50, 100, 100)
    assert [reason.as_json() for reason in line.explanation] == [{"code": "list_price", "amount_fen": 100, "details": {}}]


def test_nothing_costs_nothing() -> None:
    quote = price([], TERMS)
    assert (quote.goods_fen, quote.freight_fen, quote.total_fen, quote.lines) == (0, 0, 0, ())


def test_the_largest_total_is_a_price() -> None:
    assert price([Item("a", 1, MAX_TOTAL_FEN)], TERMS).total_fen == MAX_TOTAL_FEN
    assert price([Item("a", 1, 0)], TERMS).total_fen == 800


@pytest.mark.parametrize(("free_from", "zh"), [(8800, "满 88 元"), (8850, "满 88.50 元"), (5, "满 0.05 元"), (100, "满 1 元")])
def test_the_line_of_free_freight_is_said_in_yuan(free_from: int, zh: str) -> None:
    assert zh in say(price([Item("a", 1, 1)], FreightTerms(800, free_from)).explanation[-1])


def test_reasons_speak_both_languages() -> None:
    quote = price([Item("a", 1, 5000)], TERMS)
    assert [say(reason) for reason in quote.explanation] == ["商品金额", "运费（满 88 元包邮）"]
    assert [say(reason, "en") for reason in quote.explanation] == ["Goods", "Freight (free from ¥88)"]
    assert all(zh and en for zh, en in WORDS.values())
