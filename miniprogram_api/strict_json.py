"""JSON without loopholes: what a client sends is read strictly, what we send is written by msgspec."""

import json
import math
from typing import Any

import msgspec
from flask import Response
from flask.json.provider import JSONProvider

from miniprogram_api.errors import Problem

DEEPEST = 32
"""Levels of arrays and objects; no request of ours has more than five."""


class BadJson(ValueError):
    """Not acceptable as JSON. `malformed`: not JSON at all; otherwise JSON with a value that has no clear meaning."""

    def __init__(self, fault: str, *, malformed: bool) -> None:
        super().__init__(fault)
        self.fault = fault
        self.malformed = malformed

    def as_problem(self) -> Problem:
        """400 for what is not JSON, 422 for JSON that nobody can mean."""
        if self.malformed:
            return Problem(
                400, "not_json", "提交的内容不是有效的 JSON。", "The body is not valid JSON.", fault=self.fault
            )
        return Problem(
            422,
            "ambiguous_json",
            "提交的 JSON 含有不允许的值。",
            "The JSON holds a value that is not allowed.",
            fault=self.fault,
        )


def read(raw: bytes) -> Any:
    """The JSON value in `raw`.

    BadJson for anything but UTF-8 JSON without byte order mark, and for what parsers disagree about: NaN, Infinity,
    numbers beyond a double, a key twice, lone surrogates, NUL characters, more than 32 levels.
    """
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except BadJson:
        raise
    except RecursionError:
        raise BadJson("too deep", malformed=True) from None
    except UnicodeDecodeError:
        raise BadJson("not UTF-8", malformed=True) from None
    except ValueError:
        raise BadJson("not JSON", malformed=True) from None
    _check(value, "\\u" in text, 1)
    return value


def _check(value: Any, escapes: bool, level: int) -> None:
    """Depth, and – only if the text has \\u escapes, the one way to write them – surrogates and NUL."""
    if isinstance(value, str):
        if escapes and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
            raise BadJson("NUL or lone surrogate", malformed=False)
    elif isinstance(value, dict | list):
        if level > DEEPEST:
            raise BadJson("too deep", malformed=True)
        if isinstance(value, dict):
            for key, each in value.items():
                _check(key, escapes, level + 1)
                _check(each, escapes, level + 1)
        else:
            for each in value:
                _check(each, escapes, level + 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise BadJson("a key stands there twice", malformed=False)
    return values


def _no_constant(name: str) -> Any:
    raise BadJson(f"{name} is not a number", malformed=False)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadJson("number out of range", malformed=False)
    return number


def write(value: Any) -> bytes:
    """JSON bytes: UTF-8 unescaped, aware times as RFC 3339, anything unknown by its `str`."""
    return msgspec.json.encode(value, enc_hook=str)


def ready(value: Any, status: int = 200) -> Response:
    """An answer from a value that is JSON-ready; the schema of the route documents it, tests compare the two."""
    return Response(write(value), status, content_type="application/json")


class MsgspecProvider(JSONProvider):
    """Flask's own JSON (jsonify, request.get_json) by the same rules."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return write(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return read(s.encode() if isinstance(s, str) else s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return ready(self._prepare_response_obj(args, kwargs))
