"""Edits of a day's bill, so that it differs from the shop's ledger by a row."""

import json
import re
from typing import Any

from wxsim.world import World

_FIELDS = {"bill", "bill_date", "edit", "out_trade_no", "out_refund_no", "fen"}
_EDITS = ("remove", "add", "change")
BILLS = ("tradebill", "fundflowbill")


class BadEdit(Exception):
    """The edit cannot be understood."""


def add(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Notes an edit for every later answer of that day's bill, and gives all edits of that bill; BadEdit otherwise.

    {bill: tradebill, bill_date, edit: remove | add | change, out_trade_no?, out_refund_no?, fen?}: without a number
    the first row is meant; `fen` is the added row's amount (100) or what a changed one gets more (1).
    """
    bill, day, fen = given.get("bill", "tradebill"), given.get("bill_date"), given.get("fen", 1)
    if set(given) - _FIELDS or bill not in BILLS or given.get("edit") not in _EDITS:
        raise BadEdit(f"fields: {', '.join(sorted(_FIELDS))}; bill: {', '.join(BILLS)}; edit: {', '.join(_EDITS)}")
    if not isinstance(day, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise BadEdit("bill_date must be YYYY-MM-DD")
    if not isinstance(fen, int) or isinstance(fen, bool):
        raise BadEdit("fen must be a whole number")
    edit = {key: value for key, value in given.items() if key not in ("bill", "bill_date")}
    with world.books.writing() as tx:
        values = (bill, day, json.dumps(edit))
        tx.execute("INSERT INTO bill_edits (bill, bill_date, edit) VALUES (?, ?, ?)", values)
    return {"bill": bill, "bill_date": day, "edits": of(world, bill, day)}


def of(world: World, bill: str, day: str) -> list[dict[str, Any]]:
    """The edits noted for a bill, oldest first."""
    sql = "SELECT edit FROM bill_edits WHERE bill = ? AND bill_date = ? ORDER BY id"
    return [json.loads(row["edit"]) for row in world.books.rows(sql, (bill, day))]


def struck(world: World, about: dict[str, Any]) -> list[dict[str, Any]]:
    """What the armed faults do to a bill that is being asked for, as edits."""
    edits: list[dict[str, Any]] = []
    for fault, edit in (("bill-row-missing", "remove"), ("bill-row-extra", "add"), ("bill-row-changed", "change")):
        options = world.faults.strike(fault, about)
        if options is not None:
            meant = {"out_trade_no": options["row_of"]} if "row_of" in options else {}
            edits.append({"edit": edit, **meant, **({"fen": options["fen"]} if "fen" in options else {})})
    return edits
