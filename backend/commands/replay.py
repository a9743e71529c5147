"""Replays a real order log on a running shop: its customers log in, fill carts, order, pay and return goods."""

import argparse
import json
import os
from pathlib import Path

from backend.commands import _running
from backend.commands._client import Declined, Unanswered
from backend.commands._folder import Refused as CommandRefused
from backend.commands._progress import Progress, duration
from backend.commands._replay import Replay, Totals
from backend.commands._replay_log import moments, read_orders, read_returns
from backend.commands._replay_returns import Wrong
from backend.commands._shopper import NotPaid
from backend.commands._stage import Stage, Unsettled
from backend.infra.clock import ticks
from backend.kernel.errors import Refused
from backend.kernel.money import format_yuan

FAILURES = (Declined, NotPaid, Refused, Unanswered, Unsettled, Wrong)


def main(argv: list[str]) -> int:
    """0 when all of the log was played and nothing is left to do; 1 with one sentence when the shop failed."""
    arguments = _parse(argv)
    orders = read_orders(arguments.orders)
    returns = read_returns(arguments.returns) if arguments.returns else []
    running = _running.connect(arguments)
    assert running is not None
    os.environ.setdefault("TUANMA_LOG_LEVEL", "WARNING")
    began = ticks()
    try:
        with Stage.opened(running) as stage:
            replay = Replay(stage, arguments.workers)
            if not any(code in replay.skus for order in orders for code, _ in order.rows):
                raise CommandRefused("The shop sells nothing that is in this log: import its products first.")
            replay.totals.lines = sum(len(order.rows) for order in orders)
            with Progress("replay", len(orders) + len(returns), "orders and returns") as bar:
                totals = replay.play(moments(orders, returns), bar.advance)
    except FAILURES as failure:
        raise CommandRefused(f"The replay failed: {type(failure).__name__}: {failure}") from failure
    print(json.dumps(totals.as_json()) if arguments.json else summary(totals, ticks() - began))
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m backend replay", description=__doc__)
    parser.add_argument("orders", type=Path, help="columns: order, customer, placed_at, sku, qty (CSV or xlsx, gz too)")
    parser.add_argument("--returns", type=Path, metavar="FILE", help="columns: return, customer, returned_at, sku, qty")
    parser.add_argument("--json", action="store_true", help="totals as JSON in the last line")
    parser.add_argument("--workers", type=_workers, default=4, metavar="N",
                        help="customers who may order side by side when the log has them at one time (default: 4)")
    _running.add_arguments(parser)
    return parser.parse_args(argv)


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 32):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 32")
    return int(text)


def summary(totals: Totals, seconds: float) -> str:
    """The totals for people, in Chinese and English."""
    rows = [
        ("orders", f"{totals.orders:,}", "订单"), ("lines", f"{totals.lines:,}", "明细行"),
        ("goods", format_yuan(totals.goods_fen), "商品金额"), ("freight", format_yuan(totals.freight_fen), "运费"),
        ("paid", format_yuan(totals.paid_fen), "实付"), ("refunded", format_yuan(totals.refunded_fen), "退款"),
        *((f"refused: {code}", f"{count:,}", "拒绝") for code, count in sorted(totals.refused.items())),
        ("time", duration(seconds), f"用时（{totals.orders / max(seconds, 0.001):.1f} orders/s）"),
    ]
    return "\n".join(f"{english:<28} {value:>16}  {chinese}" for english, value, chinese in rows)
