"""The members of the demo shop, read from people.toml."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

PROFILES: dict[str, dict[str, int]] = {
    "family": {
        "grain": 5,
        "vegetable": 6,
        "meat": 6,
        "fruit": 4,
        "dairy": 4,
        "home": 4,
        "care": 2,
        "snack": 2,
        "tea": 1,
    },
    "elder": {"grain": 6, "vegetable": 6, "meat": 4, "fruit": 4, "tea": 4, "dairy": 2, "home": 2},
    "young": {"snack": 6, "tea": 5, "care": 5, "fruit": 5, "dairy": 3, "home": 1},
    "office": {"tea": 6, "snack": 4, "fruit": 5, "dairy": 3, "home": 2, "care": 2, "meat": 2},
    "baby": {"baby": 8, "dairy": 5, "fruit": 4, "home": 4, "vegetable": 3, "meat": 3, "grain": 2, "care": 1},
}
"""How much members of each kind are drawn to each category."""


@dataclass(frozen=True)
class Address:
    """An address of a member: the six-digit code of the district and the rest of the line."""

    region_code: str
    detail: str


@dataclass(frozen=True)
class Person:
    """A member; `key` is also the WeChat user's name in the emulator."""

    key: str
    nickname: str
    name: str
    phone: str
    gender: str
    birthday: date
    joined_days_ago: int
    profile: str
    addresses: tuple[Address, ...]


@cache
def people() -> tuple[Person, ...]:
    """All members in the order in which they joined; the same object every time."""
    entries = tomllib.loads(Path(__file__).with_name("people.toml").read_text("utf-8"))["people"]
    return tuple(
        Person(
            joined_days_ago=entry.pop("joined"),
            addresses=tuple(Address(code, detail) for code, detail in entry.pop("addresses")),
            **entry,
        )
        for entry in entries
    )
