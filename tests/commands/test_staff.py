"""staff: makes the first owner and new passwords, says secrets once, and makes nothing when it cannot."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from backend.commands import load_demo, staff
from backend.commands._folder import Refused as CommandRefused
from backend.context import Context
from backend.demo.staff import PASSWORD, STAFF
from backend.kernel.actors import ANONYMOUS
from backend.queries.staff_sessions import find_staff
from backend.usecases.log_in_staff import log_in_staff

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Ctx = Callable[..., Context]


def entered(ctx: Ctx, login: str, password: str) -> Any:
    """Who logs in with this."""
    return find_staff(ctx(ANONYMOUS), log_in_staff(ctx(ANONYMOUS), login=login, password=password, at="10.0.0.1").token)


def test_without_a_terminal_a_password_is_drawn_said_and_to_be_changed(ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    said = staff.create_owner(ctx(), "chen", "陈", "https://shop.example")
    assert "chen can log in at https://shop.example/admin/" in said
    member = entered(ctx, "chen", said.split()[-1])
    assert member.must_change_password and member.roles == (("店主", "Owner"),) and member.actor.store_ids is None


def test_at_a_terminal_the_password_is_asked_twice(
        ctx: Ctx, monkeypatch: pytest.MonkeyPatch, rows: Callable[..., list[Any]]) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    typed = iter(["a long sentence", "another sentence", "a long sentence", "a long sentence"])
    monkeypatch.setattr(staff.getpass, "getpass", lambda _: next(typed))
    with pytest.raises(CommandRefused, match="differ"):
        staff.create_owner(ctx(), "chen", "陈", "")
    assert rows("select id from staff") == []
    assert "a long sentence" not in staff.create_owner(ctx(), "chen", "陈", "")
    assert not entered(ctx, "chen", "a long sentence").must_change_password


def test_the_demo_has_one_of_each_role_and_making_them_again_changes_nothing(
        ctx: Ctx, rows: Callable[..., list[Any]]) -> None:
    class Stage:
        @staticmethod
        def ctx() -> Context:
            return ctx()

    for _ in range(2):
        load_demo.load_staff(Stage())  # type: ignore[arg-type]
    assert sorted(row["login"] for row in rows("select login from staff")) == sorted(login for login, _, _ in STAFF)
    assert "orders.refund" in entered(ctx, "finance", PASSWORD).actor.permissions
    assert re.fullmatch(r"[a-z0-9-]{10,}", PASSWORD)
