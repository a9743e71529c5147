"""Identifiers: a type prefix and a ULID that sorts by time and cannot be guessed."""

import secrets
from datetime import datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HUMAN = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters of codes that people read aloud: without 0/O and 1/I/L."""


_PAIRS = tuple(first + second for first in CROCKFORD for second in CROCKFORD)


def _base32(value: int, bits: int) -> str:
    """So many bits, a multiple of ten, as letters of five bits each."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(bits - 10, -1, -10)])


def _moment(at: datetime) -> str:
    """The milliseconds of a moment as ten letters."""
    return _base32(int(at.timestamp() * 1000), 50)


def new_id(prefix: str, at: datetime) -> str:
    """A fresh `prefix_` + ULID (48 bits of milliseconds of `at`, 80 random bits): ≤ 32 characters, unguessable.

    `at` is the business clock, so ids of later things sort later; two calls in one millisecond may sort either way.
    """
    return f"{prefix}_{_moment(at)}{_base32(secrets.randbits(80), 80)}"


def first_id(prefix: str, at: datetime) -> str:
    """What sorts before every id of this prefix made at `at` or later, and after those made before: time as a range of ids."""
    return f"{prefix}_{_moment(at)}"


def plain_id(prefix: str, at: datetime) -> str:
    """Like `new_id` with letters and digits only, for platform numbers that take no underscore."""
    return new_id(prefix, at).replace("_", "")


def human_code(length: int) -> str:
    """A random code without look-alikes, for people to read, type and say."""
    letters, drawn = [], secrets.randbelow(len(HUMAN) ** length)  # drawn at once: each asking of the system costs more than this
    for _ in range(length):
        drawn, letter = divmod(drawn, len(HUMAN))
        letters.append(HUMAN[letter])
    return "".join(letters)
