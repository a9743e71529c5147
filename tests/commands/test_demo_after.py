"""Objections in the demo shop at any hour: also when the courier has just taken everything along."""

from typing import Any

import pytest

from backend.commands import _demo_after


class Buyer:
    """Of a shopper only what is asked of one: their order."""

    def __init__(self, state: str, **more: Any) -> None:
        self.said = {"state": state, "allowed": ["ask_aftersale"], "delivery": "courier", **more}

    def order(self, order_id: str) -> dict[str, Any]:
        return {"id": order_id, **self.said}


@pytest.mark.parametrize(("here", "gone", "objected"), [
    (8, 8, "paid shipped shipped paid shipped shipped"), (0, 8, "shipped shipped shipped shipped shipped shipped"),
    (1, 8, "paid shipped shipped shipped shipped shipped"), (8, 0, "paid paid paid paid paid paid"), (2, 1, "paid shipped paid"),
    (0, 0, "")])
def test_six_object_whatever_has_left(monkeypatch: pytest.MonkeyPatch, here: int, gone: int, objected: str) -> None:
    said: list[str] = []
    monkeypatch.setattr(_demo_after, "OBJECTIONS", tuple(
        (lambda _, __, order: said.append(order["state"]), better_here) for _, better_here in _demo_after.OBJECTIONS))
    others = [Buyer("paid", delivery="pickup"), Buyer("completed"), Buyer("paid", allowed=[])]
    buyers = [*others, *(Buyer("shipped") for _ in range(gone)), *(Buyer("paid") for _ in range(here))]
    _demo_after.play_objections(None, [(buyer, f"ord_{number}") for number, buyer in enumerate(buyers)])  # type: ignore[misc]
    assert " ".join(said) == objected
