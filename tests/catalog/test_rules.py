"""Decisions about goods: how titles are found, which prices and options make sense, what may be bought."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.catalog import rules
from backend.catalog.rules import SkuForm
from backend.kernel.errors import Refused

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TEXTS = st.text(
    st.one_of(st.sampled_from("红富士苹果 Apple 500g×2 ＡＢ｜é ß İ ﬁ\u200b\u202e𠮷"), st.characters(exclude_categories=["Cs"]))
)


def code_of(call, *args):
    """The code of the refusal that the call raises; None when it passes."""
    try:
        call(*args)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  红富士  苹果 ", "红富士 苹果"),
        ("ＡＢＣ１２", "abc12"),
        ("ﬁne STRASSE ß", "fine strasse ss"),
        ("零\u200b宽\ufeff", "零宽"),
        ("Ｉｐｈｏｎｅ\u3000１５", "iphone 15"),
        ("", ""),
        ("①㎏", "1kg"),
        ("İ", "i̇"),
    ],
)
def test_fold(text, folded):
    assert rules.fold(text) == folded


@given(TEXTS)
def test_folding_twice_changes_nothing(text):
    assert rules.fold(rules.fold(text)) == rules.fold(text)


def test_grams_of_a_title():
    assert rules.grams("红富士 ab c") == {"红富", "富士", "士", "ab", "b", "c"}
    assert rules.grams("") == set()


def index_finds(folded_title, found):
    """What the index says: each range of the search holds a term of the title."""
    terms = rules.grams(folded_title)
    return all(any(first <= term <= last for term in terms) for first, last in found.ranges)


@given(TEXTS, st.data())
def test_any_substrings_are_found(title, data):
    """No product that a search means is lost by the index: of any words cut out of a title, index and meaning agree."""
    folded = rules.fold(title)
    assume(folded and rules.clean(title))
    words = data.draw(st.lists(st.sampled_from(folded.split()), min_size=1, max_size=3))
    parts = []
    for word in words:
        start = data.draw(st.integers(0, len(word) - 1))
        parts.append(word[start : data.draw(st.integers(start + 1, len(word)))])
    query = " ".join(parts)
    assume(len(query) <= rules.MAX_QUERY and rules.fold(query) == query)
    found = rules.search(query)
    assert found is not None and rules.matches(folded, found.words) and index_finds(folded, found)


@given(TEXTS, TEXTS)
def test_the_index_never_hides_what_matches(title, query):
    assume(len(query) <= rules.MAX_QUERY)
    found, folded = rules.search(query), rules.fold(title)
    if found is not None and rules.matches(folded, found.words):
        assert index_finds(folded, found)


def test_search_takes_a_query_apart():
    assert rules.search("  ") is None and rules.search("\x00\u200b") is None
    found = rules.search("红富士 A 红富士")
    assert found == rules.Search(("红富士", "a"), (("红富", "红富"), ("富士", "富士"), ("a", "a\U0010ffff")))
    long = rules.search("abcdefghijklmnopqrstuvwxyz")
    assert long.words == ("abcdefghijklmnopqrstuvwxyz",) and len(long.ranges) == rules.QUERY_TERMS
    assert rules.search("苹\x00果").words == ("苹", "果")
    assert code_of(rules.search, "x" * (rules.MAX_QUERY + 1)) == "bad_query"


@pytest.mark.parametrize(
    ("title", "answer"),
    [
        (" 苹果 ", "苹果"),
        ("x" * 128, "x" * 128),
        ("🍎 ok", "🍎 ok"),
        ("", None),
        ("   ", None),
        ("x" * 129, None),
        ("a\nb", None),
        ("a\x00b", None),
        ("\ud800", None),
        ("ﷺ" * 100, None),
    ],
)
def test_titles(title, answer):
    if answer is None:
        assert code_of(rules.check_title, title) == "title"
    else:
        assert rules.check_title(title) == answer
        assert len(rules.fold(answer)) <= rules.MAX_FOLDED


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("10123C", True),
        ("编码 1", True),
        ("x" * 64, True),
        ("", False),
        (" a", False),
        ("a ", False),
        ("x" * 65, False),
        ("a\x00", False),
        ("\udcff", False),
    ],
)
def test_codes(code, good):
    assert code_of(rules.check_code, code) == (None if good else "sku_code")


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ((1,), None),
        ((10**9,), None),
        ((100, 100, 0), None),
        ((100, 200, 50), None),
        ((0,), "price"),
        ((-1,), "price"),
        ((10**9 + 1,), "price"),
        ((1.0,), "price"),
        ((True,), "price"),
        (("1",), "price"),
        ((100, 99), "market_price"),
        ((100, 10**9 + 1), "market_price"),
        ((100, 100.0), "market_price"),
        ((100, None, -1), "cost"),
        ((100, None, 10**9 + 1), "cost"),
        ((100, None, False), "cost"),
    ],
)
def test_prices(prices, code):
    assert code_of(rules.check_prices, *prices) == code


def test_a_market_price_goes_when_the_price_rises_above_it():
    assert [rules.kept_market_price(market, 100) for market in (None, 99, 100, 101)] == [None, None, 100, 101]


@given(
    st.dictionaries(st.text("ab|=\\", min_size=1), st.text("ab|=\\", min_size=1), max_size=3),
    st.dictionaries(st.text("ab|=\\", min_size=1), st.text("ab|=\\", min_size=1), max_size=3),
)
def test_option_keys_are_the_same_for_the_same_options_only(one, other):
    assert (rules.option_key(one) == rules.option_key(other)) == (one == other)
    assert rules.option_key(dict(reversed(one.items()))) == rules.option_key(one)


def skus(*options, **more):
    return [SkuForm(f"C{number}", 100, options=each, **more) for number, each in enumerate(options)]


@pytest.mark.parametrize(
    ("forms", "code"),
    [
        (skus({}), None),
        (skus({"颜色": "红"}), None),
        (skus({"颜色": "红", "尺码": "L"}, {"尺码": "M", "颜色": "红"}), None),
        ([], "no_sku"),
        (skus(*({"号": str(number)} for number in range(201))), "too_many_skus"),
        (skus({}, {}), "options"),
        (skus({"颜色": "红"}, {"尺码": "L"}), "options"),
        (skus({"颜色": "红"}, {}), "options"),
        (skus({"颜色": ""}), "options"),
        (skus({"颜色": " 红"}), "options"),
        (skus({"颜色": "x" * 33}), "options"),
        (skus({"颜\n色": "红"}), "options"),
        (skus({"a": "1", "b": "1", "c": "1", "d": "1"}), "options"),
        (skus({"颜色": "红"}, {"颜色": "红"}), "options_twice"),
        ([SkuForm("A", 100)] * 2, "options"),
        ([SkuForm("A", 1, options={"颜色": "红"}), SkuForm("A", 1, options={"颜色": "蓝"})], "sku_code_twice"),
        ([SkuForm("A", 0)], "price"),
        ([SkuForm(" A", 1)], "sku_code"),
        ([SkuForm("A", 1, picture="a b\n")], "pictures"),
    ],
)
def test_skus_of_a_product_fit_together(forms, code):
    assert code_of(rules.check_skus, forms) == code


@pytest.mark.parametrize(
    ("point", "detail", "code"),
    [
        ("好", "第一行\r\n第二行\t完", None),
        ("x" * 128, "x" * 20_000, None),
        ("x" * 129, "", "text_too_long"),
        ("a\nb", "", "text_too_long"),
        ("", "x" * 20_001, "text_too_long"),
        ("", "a\x00", "text_too_long"),
    ],
)
def test_texts(point, detail, code):
    assert code_of(rules.check_texts, point, detail) == code


@pytest.mark.parametrize(
    ("keys", "good"),
    [
        ((), True),
        (("0f.jpg",) * 20, True),
        (("a",) * 21, False),
        (("",), False),
        (("键",), False),
        (("x" * 129,), False),
    ],
)
def test_pictures(keys, good):
    assert code_of(rules.check_pictures, keys) == (None if good else "pictures")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"publish_at": NOW}, None),
        ({"on_shelf": False, "active": False}, "off_shelf"),
        ({"publish_at": NOW + timedelta(microseconds=1)}, "not_published"),
        ({"active": False}, "sku_gone"),
    ],
)
def test_why_not(changes, code):
    values = {
        "sku_id": "sku_1",
        "code": "A1",
        "product_id": "prd_1",
        "category_id": "cat_1",
        "title": "苹果",
        "options": {},
        "picture": None,
        "price_fen": 100,
        "market_price_fen": None,
        "cost_fen": 50,
        "active": True,
        "on_shelf": True,
        "publish_at": NOW - timedelta(days=1),
    } | changes
    refusal = rules.why_not(rules.Offer(**values), NOW)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("banners", "blocks", "good"),
    [
        ([], [], True),
        ([rules.Banner("k", "丰收", category_id="cat_1")], [rules.HomeBlock("本周", ["prd_1"])], True),
        ([rules.Banner("k", category_id="cat_1", product_id="prd_1")], [], False),
        ([rules.Banner("k", "a\nb")], [], False),
        ([rules.Banner("k")] * 21, [], False),
        ([], [rules.HomeBlock("x" * 129, [])], False),
        ([], [rules.HomeBlock("本周", ["prd_1"] * 401)], False),
    ],
)
def test_a_home_page_is_short(banners, blocks, good):
    assert code_of(rules.check_home, banners, blocks) == (None if good else "home")


def test_every_refusal_speaks_both_languages():
    from_module = [value for name, value in vars(rules.refusals).items() if name.isupper()]
    assert len({refusal.code for refusal in from_module}) == len(from_module) >= 30
    for refusal in from_module:
        assert any(unicodedata.name(letter, "").startswith("CJK") for letter in refusal.zh)
        assert not any(unicodedata.name(letter, "").startswith("CJK") for letter in refusal.en)
        assert refusal.zh.endswith("。") and refusal.en.endswith((".", ".”"))
