"""Words of the console in both languages: `say("订单", "Orders")` is the one catalogue, and stands where the words are used."""

from functools import total_ordering
from typing import Any

from flask import g, has_request_context, request

LANGUAGES = {"zh": "中文", "en": "English"}
COOKIE = "tuanma_language"


def language() -> str:
    """ "zh" or "en": what this browser was switched to; Chinese unless it was."""
    if not has_request_context():
        return "zh"
    chosen = g.get("language")
    if chosen not in LANGUAGES:  # asked hundreds of times a page, so it is read from the cookie once
        said = request.cookies.get(COOKIE, "zh")
        chosen = g.language = said if said in LANGUAGES else "zh"
    return chosen


def locale() -> str:
    """The same for Flask-Admin's and WTForms' own words."""
    return "en" if language() == "en" else "zh_Hans_CN"


@total_ordering
class Said:
    """Words that are chosen when they are shown. Acts like a string where one is needed: `%`, `+`, `.format`, in templates."""

    __slots__ = ("zh", "en")

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return self.en if language() == "en" else self.zh

    def __repr__(self) -> str:
        return f"say({self.zh!r}, {self.en!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __hash__(self) -> int:
        return hash((self.zh, self.en))

    def __len__(self) -> int:
        return len(str(self))

    def __mod__(self, values: Any) -> str:
        return str(self) % values

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def format(self, *args: Any, **kwargs: Any) -> str:
        """Like `str.format`, in the language of the moment."""
        return str(self).format(*args, **kwargs)


def say(zh: str, en: str) -> Said:
    """The same words in Chinese and in English."""
    return Said(zh, en)


def either(pair: tuple[str, str]) -> Said:
    """Words that the backend keeps as (Chinese, English)."""
    return Said(*pair[:2])
