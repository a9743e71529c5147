"""Refusals and actors: a no has a kind, a code and two sentences; who may not is told the right kind of no."""

import pytest

from backend.kernel.actors import ANONYMOUS, SYSTEM, WECHAT, Actor, shopper, staff
from backend.kernel.errors import Kind, Refusal, Refused

FEW = Refusal(Kind.CONFLICT, "few_left", zh="只剩 {left} 件。", en="Only {left} left.")


def test_calling_a_refusal_makes_its_exception() -> None:
    with pytest.raises(Refused) as caught:
        raise FEW(left=3)
    assert caught.value.kind is Kind.CONFLICT
    assert caught.value.code == "few_left" == str(caught.value)
    assert caught.value.details == {"left": 3}


@pytest.mark.parametrize(("language", "sentence"), [
    ("zh", "只剩 3 件。"), ("zh-CN", "只剩 3 件。"), ("en", "Only 3 left."), ("EN-gb", "Only 3 left."),
    ("fr", "只剩 3 件。"), ("", "只剩 3 件。"),
])
def test_the_sentence_follows_the_language(language: str, sentence: str) -> None:
    assert FEW(left=3).sentence(language) == sentence


def test_missing_details_leave_the_sentence_as_it_is() -> None:
    assert FEW().sentence() == "只剩 {left} 件。"


def test_details_are_never_read_as_a_template() -> None:
    assert FEW(left="{left.__class__}").sentence("en") == "Only {left.__class__} left."


def test_an_unknown_kind_cannot_be_declared() -> None:
    with pytest.raises(ValueError):
        Refusal("no_such_kind", "x", zh="不", en="no")  # type: ignore[arg-type]
    assert Refusal("conflict", "x", zh="不", en="no").kind is Kind.CONFLICT  # type: ignore[arg-type]


def test_a_refusal_cannot_be_edited() -> None:
    with pytest.raises(AttributeError):
        FEW.code = "other"  # type: ignore[misc]


@pytest.mark.parametrize("actor", [shopper("mem_1"), staff("stf_1"), SYSTEM, WECHAT])
def test_known_actors_who_may_not_are_forbidden(actor: Actor) -> None:
    with pytest.raises(Refused) as caught:
        actor.must_be("nobody")
    assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "forbidden")
    actor.must_be("nobody", actor.kind)


def test_nobody_is_asked_to_log_in() -> None:
    with pytest.raises(Refused) as caught:
        ANONYMOUS.must_be("shopper", "staff")
    assert (caught.value.kind, caught.value.code) == (Kind.UNAUTHENTICATED, "login_needed")


def test_only_shoppers_have_a_member_id() -> None:
    assert shopper("mem_1").member_id == "mem_1"
    for actor, code in [(staff("mem_1"), "forbidden"), (SYSTEM, "forbidden"), (ANONYMOUS, "login_needed")]:
        with pytest.raises(Refused) as caught:
            _ = actor.member_id
        assert caught.value.code == code


def test_actors_write_themselves_into_histories() -> None:
    assert [str(actor) for actor in (shopper("mem_1"), staff("stf_1"), SYSTEM, WECHAT, ANONYMOUS)] == [
        "shopper:mem_1", "staff:stf_1", "system", "wechat", "anonymous"]
