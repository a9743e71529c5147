"""Strict reading of JSON bodies: every field is declared, anything else is refused by name."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from wxsim.pay_errors import PARAM_ERROR

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Field(Protocol):
    """A declaration of what one field may hold."""

    def check(self, value: Any, where: str) -> None:
        """Raises PARAM_ERROR naming the field at `where`."""


@dataclass(frozen=True)
class Text:
    """Characters without control characters; `shape` is a full-match pattern."""

    longest: int
    shortest: int = 1
    shape: str | None = None

    def check(self, value: Any, where: str) -> None:
        """See Field."""
        if not isinstance(value, str):
            raise wrong(where, "应为字符串")
        if not self.shortest <= len(value) <= self.longest:
            raise wrong(where, f"长度应为{self.shortest}到{self.longest}个字符")
        if _CONTROL.search(value):
            raise wrong(where, "含有不允许的字符")
        if self.shape and not re.fullmatch(self.shape, value):
            raise wrong(where, "格式不正确")


@dataclass(frozen=True)
class Whole:
    """A JSON integer (not a boolean, not 1.0)."""

    least: int
    most: int = 10**10

    def check(self, value: Any, where: str) -> None:
        """See Field."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(where, "应为整数")
        if not self.least <= value <= self.most:
            raise wrong(where, f"应在{self.least}到{self.most}之间")


@dataclass(frozen=True)
class Flag:
    """A JSON boolean."""

    def check(self, value: Any, where: str) -> None:
        """See Field."""
        if not isinstance(value, bool):
            raise wrong(where, "应为布尔值")


@dataclass(frozen=True)
class Group:
    """A JSON object with these fields and no others."""

    required: Mapping[str, Field] = field(default_factory=dict)
    optional: Mapping[str, Field] = field(default_factory=dict)

    def check(self, value: Any, where: str) -> None:
        """See Field."""
        if not isinstance(value, dict):
            raise wrong(where, "应为对象")
        prefix = f"{where}/" if where else "/"
        for name in value:
            if name not in self.required and name not in self.optional:
                raise wrong(prefix + name, "未定义的参数")
        for name, rule in self.required.items():
            if name not in value:
                raise wrong(prefix + name, "缺少必填参数")
            rule.check(value[name], prefix + name)
        for name, rule in self.optional.items():
            if name in value:
                rule.check(value[name], prefix + name)


@dataclass(frozen=True)
class Several:
    """A JSON array of at most `most` items."""

    item: Field
    most: int

    def check(self, value: Any, where: str) -> None:
        """See Field."""
        if not isinstance(value, list):
            raise wrong(where, "应为数组")
        if not 1 <= len(value) <= self.most:
            raise wrong(where, f"应有1到{self.most}项")
        for position, item in enumerate(value):
            self.item.check(item, f"{where}/{position}")


def wrong(where: str, issue: str) -> Exception:
    """The refusal for the field at `where` (a JSON pointer)."""
    return PARAM_ERROR(f"参数错误：{where} {issue}", detail={"field": where, "issue": issue, "location": "body"})


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; invalid UTF-8, duplicate keys, NaN and anything but an object are refused."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise PARAM_ERROR("参数错误：请求体不是合法的JSON") from error
    if not isinstance(value, dict):
        raise PARAM_ERROR("参数错误：请求体应为JSON对象")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _never(text: str) -> Any:
    raise ValueError(text)
