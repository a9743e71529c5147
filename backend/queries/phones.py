"""Phones as the database finds them: by a blind index, never by their digits."""

from backend.context import Context
from backend.kernel.errors import Refused
from backend.members.rules import phone


def phone_index(ctx: Context, text: str) -> str | None:
    """The blind index of what somebody typed, or None when it is no whole phone number."""
    try:
        return ctx.cipher.blind_index(phone(text), "phone")
    except Refused:
        return None
