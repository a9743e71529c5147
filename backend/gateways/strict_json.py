"""Reads what a platform sent as hostile text: strict JSON, and fields of exactly the promised type and range."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from backend.kernel.money import LIMIT_FEN

ID = re.compile(r"[0-9A-Za-z_\-|*@.]{1,128}")
WORD = re.compile(r"[A-Za-z0-9_.]{1,64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_MISSING = (None, "")

Choice = TypeVar("Choice", bound=StrEnum)


class Broken(Exception):
    """What was sent is not what the platform documents. Names the field, never its content."""


class Fields:
    """A JSON object whose fields are read one by one; absent, null and empty are one and the same."""

    def __init__(self, values: Mapping[str, Any], where: str = "") -> None:
        self._values = values
        self._where = where

    def text(self, name: str, pattern: re.Pattern[str] = ID) -> str:
        """A required text that fits `pattern` wholly."""
        value = self.maybe_text(name, pattern)
        if value is None:
            raise self._broken(name, "is missing")
        return value

    def maybe_text(self, name: str, pattern: re.Pattern[str] = ID) -> str | None:
        value = self._values.get(name)
        if value in _MISSING:
            return None
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._broken(name, "has an unexpected form")
        return value

    def fen(self, name: str) -> int:
        """A required whole amount between 0 and the largest that money may be."""
        value = self.maybe_fen(name)
        if value is None:
            raise self._broken(name, "is missing")
        return value

    def maybe_fen(self, name: str) -> int | None:
        value = self._values.get(name)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= LIMIT_FEN:
            raise self._broken(name, "is not a whole amount")
        return value

    def whole(self, name: str) -> int:
        """A required int (error codes, seconds)."""
        value = self._values.get(name)
        if type(value) is not int:
            raise self._broken(name, "is not a whole number")
        return value

    def choice(self, name: str, of: type[Choice]) -> Choice:
        """A required member of the enumeration; a word that it does not know is Broken."""
        try:
            return of(self.text(name, WORD))
        except ValueError as error:
            raise self._broken(name, "has an unknown value") from error

    def maybe_instant(self, name: str) -> datetime | None:
        """RFC 3339 with an offset, as aware UTC."""
        value = self.maybe_text(name, _INSTANT)
        try:
            return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._broken(name, "is not a time") from error

    def instant(self, name: str) -> datetime:
        """A required whole number of seconds since 1970, as aware UTC."""
        try:
            return datetime.fromtimestamp(self.whole(name), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise self._broken(name, "is not a time") from error

    def parts(self, name: str, most: int) -> "list[Fields]":
        """The objects listed under `name`, at most so many; one object alone counts as a list of one."""
        value = self._values.get(name)
        listed = [value] if isinstance(value, dict) else value
        if not isinstance(listed, list) or len(listed) > most or not all(isinstance(each, dict) for each in listed):
            raise self._broken(name, "is not a list of objects")
        return [Fields(each, f"{self._where}{name}.") for each in listed]

    def part(self, name: str) -> "Fields":
        """The object under `name`; an absent one reads as empty."""
        value = self._values.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._broken(name, "is not an object")
        return Fields(value, f"{self._where}{name}.")

    def raw(self, name: str) -> Any:
        """Whatever stands there, unchecked."""
        return self._values.get(name)

    def _broken(self, name: str, fault: str) -> Broken:
        return Broken(f"{self._where}{name} {fault}")


def read_object(raw: bytes) -> Fields:
    """The one JSON object in `raw`: UTF-8, no NaN, no key twice, not endlessly nested. Broken otherwise."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON") from error
    if not isinstance(value, dict):
        raise Broken("not a JSON object")
    return Fields(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands there twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
