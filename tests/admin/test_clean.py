"""What a search box and filters hand to the database, whatever was typed (R17)."""

from hypothesis import given
from hypothesis import strategies as st

from admin.filters import clean


@given(st.text(max_size=200))
def test_what_is_cleaned_holds_nothing_a_database_cannot_compare(text: str) -> None:
    kept = clean(text)
    assert len(kept) <= 100
    kept.encode("utf-8")
    assert not any(each < " " or each == "\x7f" for each in kept)


def test_what_people_mean_stays() -> None:
    assert clean("  张三 138\u0000 ") == "张三 138"
    assert clean("\ud800a") == "a"
