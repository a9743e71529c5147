"""Passwords: the parameters of the house, and the same work for nobody as for a wrong password (R24)."""

import pytest
from argon2 import PasswordHasher

from backend.infra import passwords

pytestmark = pytest.mark.usefixtures("house_passwords")


def test_the_parameters_are_those_of_the_house() -> None:
    assert passwords.hash_password("x" * 10).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.hash_password("x" * 10) != passwords.hash_password("x" * 10)


@pytest.mark.parametrize(("password", "stored", "right"), [
    ("right", "right", True), ("wrong", "right", False), ("", "right", False), ("right", None, False), ("", "", False)])
def test_every_answer_costs_one_verification(
        monkeypatch: pytest.MonkeyPatch, password: str, stored: str | None, right: bool) -> None:
    kept = passwords.hash_password(stored) if stored else stored
    asked = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            asked.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting(time_cost=2, memory_cost=19456, parallelism=1))
    assert passwords.is_password(password, kept) is right
    assert len(asked) == 1
    assert "$m=19456,t=2,p=1$" in str(asked[0])


def test_what_is_no_hash_is_nobodys_password() -> None:
    assert passwords.is_password("x", "not a hash") is False


def test_tokens_are_long_and_kept_as_hashes() -> None:
    assert len(passwords.new_token()) == 43
    assert passwords.token_hash("a") != passwords.token_hash("b")
    assert len(passwords.token_hash("a")) == 64
