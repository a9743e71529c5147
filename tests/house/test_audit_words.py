"""Whatever is audited has words: every action that a use case records stands in the table that the console shows."""

import ast
from collections.abc import Iterator

from admin.audit_words import ACTIONS, FIELDS
from tests.house.sources import Source, dotted, planted, sources


def recorded(source: Source) -> Iterator[str]:
    """The actions that a module records, as far as they are written out."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("audit.record") and len(node.args) > 1:
            named = node.args[1]
            if isinstance(named, ast.Constant):
                yield named.value


def written(source: Source) -> Iterator[str]:
    """The fields of before and after that a module records, as far as they are written out."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("audit.record"):
            for given in node.keywords:
                if given.arg in ("before", "after") and isinstance(given.value, ast.Dict):
                    yield from (key.value for key in given.value.keys if isinstance(key, ast.Constant))


def test_every_recorded_field_has_words() -> None:
    """Add what is missing to admin/audit_words.py, in both languages."""
    fields = {field for source in sources("backend") for field in written(source)}
    assert len(fields) > 20
    assert sorted(fields - set(FIELDS)) == []


def test_every_recorded_action_has_words() -> None:
    """Add what is missing to admin/audit_words.py, in both languages."""
    actions = {action for source in sources("backend") for action in recorded(source)}
    assert len(actions) > 10
    assert sorted(actions - set(ACTIONS)) == []


def test_an_action_is_seen() -> None:
    assert list(recorded(planted("audit.record(tx, 'sink_boat', boat_id)"))) == ["sink_boat"]
