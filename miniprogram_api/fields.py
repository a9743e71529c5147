"""Schemas and fields of this door: unknown fields refused, whole numbers whole, texts bounded."""

import re
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

DIGITS = re.compile(r"[0-9]{1,19}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ID_PATTERN = r"^[A-Za-z0-9_-]{1,32}$"
TEXT = r"^[^\u0000]*$"
NOT_BLANK = r"^[^\u0000]*\S[^\u0000]*$"
LARGEST_FEN = 10**12
EXACT = 2**53


class Input(ma.Schema):
    """What a client sends: a field that we do not know is an error, never ignored."""

    class Meta:
        unknown = ma.RAISE


class Output(ma.Schema):
    """What we answer. It documents; answers are written from ready values, and tests compare the two."""

    class Meta:
        unknown = ma.RAISE


class Whole(fields.Integer):
    """A whole JSON number from `least` to `most`: no text, no 1.5, no true. 2.0 is 2, as JSON Schema says."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> int:
        if type(value) is float and value.is_integer() and abs(value) <= EXACT:
            return int(value)
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class QueryWhole(fields.Integer):
    """A whole number in a query string, in ASCII digits."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return int(value)


class Words(fields.String):
    """Text of `least` to `most` characters of the form `pattern` (anchored); never with a NUL."""

    def __init__(self, least: int, most: int, pattern: str = TEXT, **kwargs: Any) -> None:
        checks = [validate.Length(least, most), validate.Regexp(re.compile(pattern.replace("$", r"\Z")))]
        kwargs["metadata"] = {"pattern": pattern} | kwargs.get("metadata", {})
        super().__init__(validate=checks, **kwargs)


class PublicId(Words):
    """An identifier of ours; one that nobody has is simply not found."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 32, ID_PATTERN, **kwargs)


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **kwargs)


class YesNo(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Day(fields.Date):
    """A calendar day, YYYY-MM-DD and nothing else."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, attr, data, **kwargs)


class Fen(Whole):
    """An amount of money in fen, never negative."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {}).setdefault("description", "Amount in fen (1/100 yuan).")
        super().__init__(0, LARGEST_FEN, **kwargs)


class Instant(fields.AwareDateTime):
    """A moment, RFC 3339 with zone."""


def Deliveries(says: str = "How it can be had.") -> fields.List:
    """Some of the ways of delivery."""
    return fields.List(Choice("courier", "pickup"), required=True, metadata={"description": says, "example": ["courier", "pickup"]})


class PageQuery(Input):
    """The query string of a keyset list; derive from it to add filters."""

    after = Words(1, 200, metadata={"description": "The `next` of the page before; absent for the first page."})
    limit = QueryWhole(1, 100, load_default=20)


class Problem(Output):
    """Every no (RFC 9457). Decide by `code`; show `detail`; quote `request_id` when asking for help."""

    type = fields.String(required=True, metadata={"example": "urn:tuanma:problem:not_found"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"example": "not_found"})
    detail = fields.String(
        required=True, metadata={"description": "A sentence for people, by Accept-Language (zh, en)."}
    )
    details = fields.Dict(keys=fields.String(), required=True)
    request_id = fields.String(required=True)
