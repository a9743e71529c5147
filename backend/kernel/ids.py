"""Identifiers: a type prefix and a ULID that sorts by time and cannot be guessed."""

import secrets
from datetime import datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HUMAN = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters of codes that people read aloud: without 0/O and 1/I/L."""


def _base32(value: int, length: int) -> str:
    letters = []
    for _ in range(length):
        letters.append(CROCKFORD[value & 31])
        value >>= 5
    return "".join(reversed(letters))


def new_id(prefix: str, at: datetime) -> str:
    """A fresh `prefix_` + ULID (48 bits of milliseconds of `at`, 80 random bits): ≤ 32 characters, unguessable.

    `at` is the business clock, so ids of later things sort later; two calls in one millisecond may sort either way.
    """
    return f"{prefix}_{_base32(int(at.timestamp() * 1000), 10)}{_base32(secrets.randbits(80), 16)}"


def first_id(prefix: str, at: datetime) -> str:
    """What sorts before every id of this prefix made at `at` or later, and after those made before: time as a range of ids."""
    return f"{prefix}_{_base32(int(at.timestamp() * 1000), 10)}"


def plain_id(prefix: str, at: datetime) -> str:
    """Like `new_id` with letters and digits only, for platform numbers that take no underscore."""
    return new_id(prefix, at).replace("_", "")


def human_code(length: int) -> str:
    """A random code without look-alikes, for people to read, type and say."""
    return "".join(secrets.choice(HUMAN) for _ in range(length))
