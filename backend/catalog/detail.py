"""Reads the detail of a product: plain text in which a few signs at the start of a line mean something; pure.

`## ` begins a heading, `- ` an item of a list, `![words](key)` on its own line is an uploaded picture; an empty line ends a
paragraph. There is no HTML, there are no links: whoever shows a block shows text and pictures of our own, nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

PICTURE = re.compile(r"!\[([^\[\]]{0,64})\]\(([0-9a-f]{32}(?:\.[a-z0-9]{1,8})?)\)")
HEADING = re.compile(r"#{1,3} +(\S.*)")
ITEM = re.compile(r"[-*•·] +(\S.*)")
HTML = re.compile(r"<(?:!--|/?[a-z][a-z0-9-]*(?=[\s/>]))", re.I)
"""The beginning of a tag or a comment. "重量<5kg" is none."""
MAX_PICTURES = 40


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a detail, as it is shown: `text` of a heading or paragraph (with its line breaks) or beside a picture."""

    kind: Literal["heading", "text", "list", "picture"]
    text: str = ""
    items: tuple[str, ...] = field(default=())
    picture: str | None = None


def blocks(detail: str) -> list[Block]:
    """The blocks of a detail in their order; any text has some reading, and an empty one has none."""
    found: list[Block] = []
    for kind, lines in groupby(_lines(detail), key=lambda line: line[0]):
        parts = [(text, key) for _, text, key in lines]
        if kind == "text":
            found.append(Block("text", "\n".join(text for text, _ in parts)))
        elif kind == "list":
            found.append(Block("list", items=tuple(text for text, _ in parts)))
        elif kind == "heading":
            found += [Block("heading", text) for text, _ in parts]
        elif kind == "picture":
            found += [Block("picture", text, picture=key) for text, key in parts]
    return found


def pictures(detail: str) -> list[str]:
    """The keys of the pictures in a detail."""
    return [block.picture for block in blocks(detail) if block.picture is not None]


def html_in(detail: str) -> str | None:
    """The first HTML tag of a detail as far as a sentence can show it, or None."""
    found = HTML.search(detail)
    return detail[found.start() :].split("\n")[0][:20] if found else None


def _lines(detail: str) -> Iterator[tuple[str, str, str]]:
    """(kind, text, picture key) of every line; empty lines divide."""
    for line in detail.splitlines():
        line = line.strip()
        if not line:
            yield "gap", "", ""
        elif picture := PICTURE.fullmatch(line):
            yield "picture", picture[1], picture[2]
        elif heading := HEADING.fullmatch(line):
            yield "heading", heading[1], ""
        elif item := ITEM.fullmatch(line):
            yield "list", item[1], ""
        else:
            yield "text", line, ""
