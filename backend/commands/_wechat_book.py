"""WeChat's own book, as the stand-in of a running shop shows it to whoever holds its control token."""

from typing import Any

from backend.checks.check import Violation
from backend.checks.wechat import Theirs, TheirShipping, compare_shipping, compare_with_wechat, numbers_of
from backend.commands._client import Client
from backend.commands._running import Running
from backend.context import Context

EVERYTHING = 10_000_000
MOST = 5000
"""What the stand-in tells at once, newest first; older ones are asked for by their numbers."""


def compare(ctx: Context, running: Running) -> list[Violation]:
    """Every number on which our books and the stand-in's disagree at this moment."""
    client = Client(running.wxsim_url, {"Authorization": f"Bearer {running.control_token}"})
    try:
        payments, refunds = numbers_of(ctx)
        theirs = [_trade(row) for row in _list(client, "trades", payments.items())]
        back = [_refund(row) for row in _list(client, "refunds", refunds.items())]
        left = [_left(row) for row in client.ask("GET", "/control/shipping", params={"limit": EVERYTHING})["shipping"]]
    finally:
        client.close()
    return [*compare_with_wechat(ctx, theirs, back), *compare_shipping(ctx, left)]


def _list(client: Client, what: str, ours: Any) -> list[dict[str, Any]]:
    """All rows of the stand-in: the newest, and those of our trades that are older. `ours`: (number, its trade)."""
    rows = client.ask("GET", f"/control/{what}", params={"limit": MOST})[what]
    if len(rows) < MOST:
        return rows
    key = "out_trade_no" if what == "trades" else "out_refund_no"
    known = {row[key]: row for row in rows}
    for trade in {trade for number, trade in ours if number not in known}:
        older = client.ask("GET", f"/control/{what}", params={"out_trade_no": trade, "limit": MOST})[what]
        known |= {row[key]: row for row in older}
    return list(known.values())


def _left(row: dict[str, Any]) -> TheirShipping:
    parcels = frozenset((each["express_company"], each["tracking_no"]) for each in row["parcels"] if each["tracking_no"])
    return TheirShipping(row["out_trade_no"], row["finished"], parcels)


def _trade(row: dict[str, Any]) -> Theirs:
    return Theirs(row["out_trade_no"], row["state"], row["total"], row["transaction_id"])


def _refund(row: dict[str, Any]) -> Theirs:
    return Theirs(row["out_refund_no"], row["status"], row["amount"], row["out_trade_no"])
