"""Refusals: every code exists once, with a Chinese and an English sentence that speak of the same details."""

import ast
import importlib
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from backend.kernel.errors import Kind, Refusal
from tests.house.sources import Source, dotted, faults, planted, sources
from tests.house.test_packages import domains

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z][a-z0-9_]{1,47}")


def declared() -> list[Refusal]:
    """Every refusal that a module of the house holds under a name."""
    found: dict[int, Refusal] = {}
    for source in sources("backend", "miniprogram_api", "admin"):
        if not source.name.endswith("__main__"):
            found |= {id(each): each for each in vars(importlib.import_module(source.name)).values()
                      if isinstance(each, Refusal)}
    return list(found.values())


def placeholders(sentence: str) -> set[str]:
    """Names in braces; ValueError when the braces do not fit."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def wrong(refusals: list[Refusal]) -> Iterator[str]:
    """What is wrong with these declarations, taken together."""
    codes: set[str] = set()
    for refusal in refusals:
        if refusal.code in codes:
            yield f"{refusal.code} is declared twice"
        codes.add(refusal.code)
        if not CODE.fullmatch(refusal.code):
            yield f"{refusal.code!r} is no code"
        if not CHINESE.search(refusal.zh):
            yield f"{refusal.code} has no Chinese sentence"
        if not refusal.en.strip() or CHINESE.search(refusal.en):
            yield f"{refusal.code} has no English sentence"
        if refusal.zh.strip()[-1:] not in "。！？" or refusal.en.strip()[-1:] not in ".!?":
            yield f"{refusal.code} does not end as a sentence"
        names = {name.removesuffix("_zh") for name in placeholders(refusal.zh)}  # a word that is another one in Chinese
        if names != placeholders(refusal.en):
            yield f"{refusal.code} speaks of other details in English"
        if not all(name.isidentifier() for name in names):
            yield f"{refusal.code} has strange placeholders"


def test_every_refusal_has_one_code_and_two_sentences() -> None:
    refusals = declared()
    assert len(refusals) > 30
    assert list(wrong(refusals)) == []


@pytest.mark.parametrize("other", [
    Refusal(Kind.CONFLICT, "few", zh="只剩 {left} 件。", en="Only {left} left."),
    Refusal(Kind.CONFLICT, "Few Left", zh="少。", en="Few."),
    Refusal(Kind.CONFLICT, "a_code", zh="", en="Few."),
    Refusal(Kind.CONFLICT, "a_code", zh="Few。", en="Few."),
    Refusal(Kind.CONFLICT, "a_code", zh="少。", en=""),
    Refusal(Kind.CONFLICT, "a_code", zh="少。", en="少."),
    Refusal(Kind.CONFLICT, "a_code", zh="少", en="Few."),
    Refusal(Kind.CONFLICT, "a_code", zh="只剩 {left} 件。", en="Only {count} left."),
    Refusal(Kind.CONFLICT, "a_code", zh="只剩 {left} 件。", en="Few left."),
    Refusal(Kind.CONFLICT, "a_code", zh="只剩 {} 件。", en="Only {} left."),
])
def test_each_fault_of_a_refusal_is_seen(other: Refusal) -> None:
    few = Refusal(Kind.CONFLICT, "few", zh="只剩 {left} 件。", en="Only {left} left.")
    assert list(wrong([few])) == []
    assert list(wrong([few, other]))


def refusals_elsewhere(source: Source) -> Iterator[str]:
    """A noun's noes stand in its refusals.py; use cases, steps, queries and doors declare none of their own."""
    parts = source.path.split("/")
    mine = parts[0] == "backend" and parts[1] in {*domains(), "usecases", "steps", "queries", "commands", "demo"}
    if not mine or parts[-1] == "refusals.py":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "Refusal":
            yield f"line {node.lineno} declares a refusal"


def test_a_no_is_declared_by_its_noun() -> None:
    assert faults(refusals_elsewhere, "backend") == []
    assert list(refusals_elsewhere(planted("NO = Refusal(Kind.CONFLICT, 'no')", "backend/usecases/buy.py")))
    assert list(refusals_elsewhere(planted("NO = errors.Refusal(1)", "backend/orders/rules.py")))
