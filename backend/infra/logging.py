"""Logs: one JSON line each, on stderr, with personal data and secrets masked."""

import json
import logging
import re
import sys
from functools import lru_cache
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|session_key|js_code|phone|openid|address|signature|private", re.I)
PHONE = re.compile(r"(?<!\d)((?:(?:00)?86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")
_DIGITS = re.compile(r"\d{11}")

_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)


def mask(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide values with telling names, and phone numbers, wherever they stand, however deep; what was given stays as it is."""
    return _masked(event)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _without_phones(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {name: "***" if _is_secret(str(name)) else _masked(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(inner) for inner in value]
    return _without_phones(repr(value))


def _without_phones(text: str) -> str:
    """With a mask on every phone number; a first look for as many digits costs a tenth."""
    return PHONE.sub(r"\1****\2", text) if _DIGITS.search(text) else text


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    return SECRET_NAMES.search(name) is not None


class _Lines:
    """Where our own loggers write: they make a whole line themselves, so that it need not pass through the standard library's
    (an access line then costs half). A line that cannot be written keeps nobody from an answer."""

    handler: logging.StreamHandler[Any] = logging.StreamHandler()

    def msg(self, line: str) -> None:
        with self.handler.lock:  # type: ignore[union-attr]
            try:
                self.handler.stream.write(line + "\n")
                self.handler.flush()
            except (OSError, ValueError):
                return

    debug = info = warning = error = critical = msg


def configure(level: str = "INFO") -> None:
    """Send structlog and the standard library's loggers to stderr as JSON lines. Harmless when called again."""
    named = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
             structlog.processors.TimeStamper(fmt="iso", utc=True)]
    rendered = [structlog.processors.format_exc_info, mask,
                structlog.processors.JSONRenderer(lambda event, **_: _JSON.encode(event))]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=named, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "alembic", "rq.scheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _Lines.handler = handler
    structlog.configure(
        processors=[*named, *rendered], logger_factory=lambda *_: _Lines(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)), cache_logger_on_first_use=True)


def log(name: str) -> Any:
    """A logger whose keyword arguments become fields of the line."""
    return structlog.get_logger(name)
