"""Texts that people write, as they are kept: NFC, and without what nobody can see.

Stripped rather than refused: such letters come from WeChat nicknames and from pasting, and nobody can be told to remove what
they cannot see.
"""

import unicodedata

JOINER = "\u200d"


def one_line(text: str) -> str:
    """`text` in one line, without controls, direction marks, zero-width and private letters; spaces are single.

    The zero-width joiner stays between two symbols, where it makes one emoji of them.
    """
    text = unicodedata.normalize("NFC", text)
    kept = []
    for position, letter in enumerate(text):
        category = unicodedata.category(letter)
        if letter == JOINER:
            if _joins(text, position):
                kept.append(letter)
        elif category in ("Zs", "Zl", "Zp") or letter in "\t\n\r":
            kept.append(" ")
        elif not category.startswith("C"):
            kept.append(letter)
    return " ".join("".join(kept).split())


def paragraphs(text: str) -> str:
    """Like `one_line`, line by line: at most one empty line follows another, none at either end."""
    lines = [one_line(line) for line in text.replace("\r\n", "\n").replace("\u2029", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")


def _joins(text: str, position: int) -> bool:
    before = text[position - 1] if position else ""
    after = text[position + 1 : position + 2]
    return (
        bool(before and after)
        and unicodedata.category(after) == "So"
        and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk"))
    )
