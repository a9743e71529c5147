"""How hypothesis is set: what it draws must not fail because somebody else uses the machine."""

from hypothesis import settings


def test_no_example_has_a_deadline() -> None:
    assert settings().deadline is None
