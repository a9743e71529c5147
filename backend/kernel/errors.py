"""Refusals: every expected *no* has a kind, a code and a sentence that says what to do next."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of no it is; the doors map kinds to their own answers (HTTP status, message colour)."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    CONFLICT = "conflict"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """An expected no. Carries its `refusal` and `details` (JSON values: ids, counts, amounts in fen)."""

    def __init__(self, refusal: "Refusal", details: dict[str, Any]) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.details = details

    @property
    def kind(self) -> Kind:
        return self.refusal.kind

    @property
    def code(self) -> str:
        return self.refusal.code

    def sentence(self, language: str = "zh") -> str:
        """The sentence for people, with details filled in; Chinese unless `language` starts with "en"."""
        text = self.refusal.en if language.lower().startswith("en") else self.refusal.zh
        try:
            return text.format(**self.details)
        except (KeyError, IndexError):
            return text


@dataclass(frozen=True, slots=True)
class Refusal:
    """The declaration of a no; calling it makes the exception: `raise OUT_OF_STOCK(sku_id=…)`."""

    kind: Kind
    code: str
    zh: str = field(kw_only=True)
    en: str = field(kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.kind))

    def __call__(self, **details: Any) -> Refused:
        return Refused(self, details)


NOT_FOUND = Refusal(Kind.NOT_FOUND, "not_found", zh="没有找到，可能已被删除。", en="Not found; it may have been removed.")
"""One answer for absent and foreign things alike, so that nobody learns what exists."""

FORBIDDEN = Refusal(Kind.FORBIDDEN, "forbidden", zh="您没有此操作的权限。", en="You are not allowed to do this.")
"""The actor is known and may not; asking again does not help."""

BAD_CURSOR = Refusal(Kind.INVALID, "bad_cursor", zh="翻页标记无效，请从第一页开始。",
                     en="This is no place in the list; please start from its first page.")
"""For lists that are read on from a place which the page before gave."""
