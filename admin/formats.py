"""How values look on a screen: local time, yuan, badges of states; nothing here trusts the text it is given."""

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from admin.words import Said, say
from backend.kernel.calendar import CHINA
from backend.kernel.money import format_yuan

NOTHING = Markup('<span class="muted">–</span>')
TONES = ("plain", "info", "good", "warn", "bad")
DIRECTIONS = {ord(letter): None for letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"}
"""Letters that turn text around: they would let a name disguise what stands beside it."""

Shown = Callable[[Any, Any, Any, str], Any]


def local_time(at: datetime | None, seconds: bool = False) -> str:
    """`2026-03-02 12:00` in China; empty for None."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def local_day(at: datetime | None) -> str:
    """`2026-03-02` in China; empty for None."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d")


def yuan(fen: int | None) -> str:
    """`¥1,234.50`; empty for None."""
    if fen is None:
        return ""
    whole, _, decimals = format_yuan(abs(fen)).removeprefix("¥").partition(".")
    return f"{'-' if fen < 0 else ''}¥{int(whole):,}.{decimals}"


def plain(text: Any) -> str:
    """Text without letters that turn its direction around."""
    return str(text).translate(DIRECTIONS)


def upright(content: Any) -> Any:
    """What templates write of any value: text without those letters. All of the console's pages pass through here."""
    return content.translate(DIRECTIONS) if isinstance(content, str) and not content.isascii() else content


def badge(text: Any, tone: str = "plain") -> Markup:
    """A small coloured label; `tone` is one of TONES."""
    assert tone in TONES
    return Markup('<span class="badge badge-{}">{}</span>').format(tone, plain(text))


def badges(words: Mapping[str, tuple[Any, str]]) -> Shown:
    """A column formatter for states: {"paid": (say("已付款", "Paid"), "good"), …}; unknown ones are shown as they are."""
    def shown(_: Any, __: Any, row: Any, name: str) -> Any:
        value = getattr(row, name)
        return NOTHING if value is None else badge(*words.get(value, (value, "plain")))
    return shown


def shown(show: Callable[[Any], Any]) -> Shown:
    """A column formatter of a function of the row: `shown(lambda row: row.first + row.last)`."""
    return lambda _, __, row, ___: show(row)


def code(text: Any) -> Markup:
    """An identifier, in letters of equal width."""
    return Markup('<code class="id">{}</code>').format(plain(text)) if text else NOTHING


def value(content: Any, name: str = "") -> Any:
    """Any value as a cell shows it: amounts by their name (`…_fen`), times, yes and no, nothing as a dash."""
    if content is None or content == "":
        return NOTHING
    if isinstance(content, Markup | Said):
        return content
    if isinstance(content, list | tuple):
        return Markup('<span class="badges">{}</span>').format(Markup(" ").join(value(each) for each in content))
    if isinstance(content, bool):
        return badge(say("是", "Yes"), "good") if content else badge(say("否", "No"))
    if isinstance(content, datetime):
        return Markup('<time datetime="{}">{}</time>').format(content.isoformat(), local_time(content))
    if isinstance(content, date):
        return content.isoformat()
    if isinstance(content, int) and name.endswith("_fen"):
        return Markup('<span class="amount">{}</span>').format(yuan(content))
    if isinstance(content, int):
        return f"{content:,}"
    if name == "id" or name.endswith("_id"):
        return code(content)
    return escape(plain(content))


def key_field() -> Markup:
    """The hidden field that makes a form's effect happen once, however often it is sent (see `client_key`)."""
    return Markup('<input type="hidden" name="idempotency_key" value="{}">').format(secrets.token_urlsafe(18))
