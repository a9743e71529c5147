"""Plays a shopping day on a running shop, step by step, moving its clock; fails when anything differs."""

import argparse
import os
from datetime import timedelta

from backend.commands import _running
from backend.commands._client import Declined, Unanswered
from backend.commands._console import ConsoleSaysNo
from backend.commands._demo_rules import load_return_address
from backend.commands._folder import Refused as CommandRefused
from backend.commands._progress import duration
from backend.commands._shopper import NotPaid
from backend.commands._stage import Stage, Unsettled
from backend.commands._story import Differs, Teller, yuan
from backend.commands._story_buying import Buying
from backend.commands._story_goods import Shelf
from backend.commands._story_money import Money
from backend.commands._story_serving import Serving
from backend.infra.clock import ticks
from backend.kernel.calendar import business_day, day_start
from backend.kernel.errors import Refused

OPENS = timedelta(hours=9)


def main(argv: list[str]) -> int:
    """0 when the day went as told and nothing is left to do; 1 with the first difference on stderr."""
    parser = argparse.ArgumentParser(prog="python3 -m backend story", description=__doc__)
    parser.add_argument("--english", action="store_true", help="tell it in English")
    _running.add_arguments(parser)
    arguments = parser.parse_args(argv)
    running = _running.connect(arguments)
    assert running is not None
    os.environ.setdefault("TUANMA_LOG_LEVEL", "WARNING")
    began = ticks()
    try:
        with Stage.opened(running) as stage:
            teller = Teller(stage, arguments.english, lambda text: print(text, flush=True))
            play(teller)
    except (ConsoleSaysNo, Declined, Differs, NotPaid, Refused, Unanswered, Unsettled) as failure:
        raise CommandRefused(f"The story went wrong: {type(failure).__name__}: {failure}") from failure
    print("\n" + teller.words(f"故事讲完了：{teller.checks} 处核对全部一致，用时 {duration(ticks() - began)}。",
                              f"The end: {teller.checks} checks, all as expected, in {duration(ticks() - began)}."))
    return 0


def play(teller: Teller) -> None:
    """The day, from nine in the morning of tomorrow to half past ten of the day after."""
    stage, shelf = teller.stage, Shelf(teller)
    load_return_address(stage)
    stage.settle()
    stage.move_to(day_start(business_day(stage.now()) + timedelta(days=1)) + OPENS)
    try:
        teller.scene("开店：商家上架三样商品", "Opening: staff puts three things on the shelf")
        shelf.fill()
        for goods in shelf.all():
            teller.say(f"{goods.name}，{yuan(goods.price_fen)}，{goods.stock} 件",
                       f"{goods.english}, {yuan(goods.price_fen)}, {goods.stock} pieces")
        buying = Buying(teller, shelf)
        money, serving = Money(teller, shelf, buying), Serving(teller, shelf, buying)
        day = money.today()
        buying.look_around()
        buying.log_in()
        buying.fill_cart()
        placed = buying.place_after_a_move(buying.preview())
        payment_number = buying.pay(placed)
        money.closes_by_itself(money.forged_news())
        money.late_payment()
        money.cancel()
        money.part_refund(placed["id"], payment_number)
        serving.ship(placed["id"], payment_number)
        serving.receive(placed["id"])
        money.went_back(*serving.return_goods(placed["id"]))
        money.came_in(*serving.pick_up())
        money.next_morning(day)
    finally:
        shelf.clear()
    stage.settle()
    money.books_hold()
