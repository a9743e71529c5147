"""Threads that begin at the same moment, each with an app context of its own."""

from collections import Counter
from collections.abc import Callable, Iterable
from threading import Barrier, Thread
from typing import Any

from flask import Flask

THREADS = 6


def together(app: Flask, work: Callable[[int], Iterable[Any]], threads: int = THREADS) -> Counter[Any]:
    """Run `work(thread number)` in threads that begin together; returns how often each answer came."""
    answers: Counter[Any] = Counter()
    start = Barrier(threads)

    def body(number: int) -> None:
        with app.app_context():
            start.wait(10)
            for answer in work(number):
                answers[answer] += 1

    running = [Thread(target=body, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join(60)
        assert not each.is_alive()
    return answers
