"""Texts as they are kept: what cannot be seen is gone, what can be seen stays."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kernel.words import one_line, paragraphs


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("小满", "小满"),
        ("  小满  ", "小满"),
        ("a\u202eb\u202c", "ab"),
        ("小\u200b满\ufeff", "小满"),
        ("a\r\nb\tc", "a b c"),
        ("a\x00b\x7fc\x9f", "abc"),
        ("\u2066evil\u2069", "evil"),
        ("e\u0301", "é"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("a\u200db", "ab"),
        ("\u200d小满", "小满"),
        ("\U000e0001a\ue000", "a"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("Ａ１", "Ａ１"),
        ("全　角　空", "全 角 空"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(typed, kept):
    assert one_line(typed) == kept


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_cleaned_text_is_one_visible_line_and_stays_as_it_is(text):
    once = one_line(text)
    assert one_line(once) == once
    assert not any(unicodedata.category(letter) in ("Cc", "Co", "Cs", "Cn") for letter in once)
    assert all(letter == "\u200d" or unicodedata.category(letter) != "Cf" for letter in once)
    assert once == once.strip() and "\n" not in once


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("很甜\r\n\r\n\r\n会再买\n", "很甜\n\n会再买"),
        ("\n\n  a  b \n\u202ec\u202c", "a b\nc"),
        ("a\u2028b\u2029c", "a b\nc"),
        (" \n\u200b\n ", ""),
    ],
)
def test_lines_stay_lines(typed, kept):
    assert paragraphs(typed) == kept


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_paragraphs_are_visible_lines_and_stay_as_they_are(text):
    once = paragraphs(text)
    assert paragraphs(once) == once and "\n\n\n" not in once and once == once.strip("\n")
    assert all(line == one_line(line) for line in once.split("\n"))
