"""Pure decisions about imports: who may, what a file's name is worth, how large and how wrong a file may be."""

from backend.imports import KINDS
from backend.imports.refusals import IMPORT_NOT_ALLOWED
from backend.kernel.actors import Actor

SEATS = 2
MAX_FILE_BYTES = 32 * 2**20
CSV_LINES = 1_000_001
XLSX_LINES = 50_001
"""A workbook is read in one go, which takes about seven seconds for 100,000 lines; a CSV in slices, so that its length costs
no worker its job."""
XLSX_SECONDS = 15
"""A workbook that is not read by then is too large: a job has 25."""
MAX_FAULTS = 5_000
SUFFIXES = (".sheet", ".text", ".lines")
"""What the files of an import end in: the sheet as it was sent, its text, our own lines of it."""
GIVEN_UP_AFTER = 4
"""Tries of one slice, after which the import is failed and says so."""
NEEDED = {"products": "goods.edit"}
WORDS = {"products": ("商品", "Products")}

assert set(NEEDED) == set(WORDS) == set(KINDS)


def check_asker(actor: Actor, kind: str) -> None:
    """Refuse who may not import this kind."""
    actor.must(NEEDED[kind])


def check_still(actor: Actor, kind: str) -> None:
    """Refuse (`import_not_allowed`) when whoever sent the sheet may do so no more."""
    if not actor.may(NEEDED[kind]):
        raise IMPORT_NOT_ALLOWED()


def shown_name(name: str) -> str:
    """What is kept of a file's name: the last part, seen characters alone, at most 120; it is shown and names nothing."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:120] or "?"


def percent(seen: int, lines: int | None) -> int | None:
    """How much of the lines is behind us; None before they are counted, 99 at most until all are."""
    return None if lines is None else min(99, 100 * seen // max(1, lines))
