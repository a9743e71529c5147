"""Rules of the messages: templates as they are set, and values that fit whatever WeChat's fields want."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.messages import rules
from backend.messages.rules import Template
from wxsim.subscribe import FORMS

AT = datetime(2026, 3, 2, 4, 5, tzinfo=UTC)


def test_templates_are_read_from_settings():
    found = rules.templates({"shipped": "TemplateShipped01 thing2=goods character_string1=number", "ready": ""})
    assert found == {"shipped": Template("TemplateShipped01", {"thing2": "goods", "character_string1": "number"})}


@pytest.mark.parametrize(
    ("key", "value", "fitted"),
    [
        ("thing1", "红富士苹果 5 斤", "红富士苹果 5 斤"),
        ("thing1", "果" * 21, "果" * 19 + "…"),
        ("thing1", "a\u202eb\nc", "ab c"),
        ("thing1", "", "无"),
        ("character_string2", "SF123 顺丰", "SF123"),
        ("character_string2", "顺丰", "-"),
        ("phrase3", "已经发货啦啦 ok", "已经发货啦"),
        ("amount4", 8850, "¥88.50"),
        ("amount4", 5, "¥0.05"),
        ("time5", AT, "2026年3月2日 12:05"),
        ("name6", "小满小满小满小满小满小满", "小满小满小满小满小满"),
        ("phone_number7", "138****5678 转 1", "138****5678  1"),
    ],
)
def test_values_as_the_field_takes_them(key, value, fitted):
    assert rules.fit(key, value) == fitted


KINDS = ["thing", "character_string", "number", "letter", "symbol", "phrase", "name", "phone_number"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_whatever_is_told_wechat_takes_it(kind, value):
    fitted = rules.fit(f"{kind}1", value)
    assert fitted.strip()
    assert FORMS[kind](fitted), (kind, value, fitted)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**10), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_amounts_and_times_too(fen, at):
    assert FORMS["amount"](rules.fit("amount1", fen))
    assert FORMS["time"](rules.fit("time1", at)) and FORMS["date"](rules.fit("date1", at))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40), st.integers(1, 1000))
def test_goods_fit_into_twenty_letters(first, lines):
    assert len(rules.goods_words(first, lines)) <= 20
    assert lines == 1 or rules.goods_words(first, lines).endswith(f"等{lines}种")


def test_taps_are_answers_to_templates_of_ours():
    known = {"shipped": Template("T1", {})}
    assert [rules.kind_in_journal(answer, "T1", known) for answer in ("accept", "reject", "ban")] == [
        "accepted", "rejected", "rejected"]
    for answer, template_id, code in (("accept", "T2", "message_template"), ("yes", "T1", "message_answer")):
        with pytest.raises(Refused) as refused:
            rules.kind_in_journal(answer, template_id, known)
        assert refused.value.code == code
