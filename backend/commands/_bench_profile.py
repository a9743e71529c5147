"""`bench --profile`: where the processor time of placing, of a list and of a product page goes, function by function.

A web server with one process and one thread runs each request under cProfile (werkzeug's middleware); their profiles are added up
into one file for each kind of request. gunicorn reads this module as its configuration: `post_worker_init` is its hook.
"""

import io
import itertools
import os
import pstats
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.middleware.profiler import ProfilerMiddleware

from backend.commands import _bench_web
from backend.commands._bench_driver import Line, ask
from backend.commands._bench_shop import Scratch, say

FOLDER = "TUANMA_PROFILE_FOLDER"
REQUESTS, WARM, SHOWN = 200, 30, 25


def post_worker_init(worker: Any) -> None:
    """Runs every request of this worker under a profile of its own, numbered."""
    numbers = itertools.count()
    worker.wsgi = ProfilerMiddleware(worker.wsgi, stream=None, profile_dir=os.environ[FOLDER],  # type: ignore[arg-type]
                                     filename_format=lambda _: f"{next(numbers):06d}.prof")


def profile(shop: Scratch, line: Line) -> list[Path]:
    """Write `NAME-DATABASE.prof` for placing, list and page, and say what takes most; for pstats, snakeviz and the like."""
    each = shop.folder / "profiles"
    shutil.rmtree(each, ignore_errors=True)
    each.mkdir()
    written = []
    environment = _bench_web.PRODUCTION | _bench_web.FRESH | {FOLDER: str(each)}
    with _bench_web.shop(shop.folder / "bench-profile.log", environment, workers=1, threads=1,
                         options=["--config", f"python:{__name__}"]) as web:
        windows = {name: [text] for name, text in _bench_web.window_requests(web).items()}
        asked: dict[str, Callable[[int], list[str]]] = {
            "place": line.orders, **{name: lambda count, text=text: text * count for name, text in windows.items()}}
        for name, requests in asked.items():
            wanted = "201" if name == "place" else "200"
            ask(web, requests(WARM), wanted=wanted, connections=1)
            line.next += WARM
            for file in each.glob("*.prof"):
                file.unlink()
            ask(web, requests(REQUESTS), wanted=wanted, connections=1)
            line.next += REQUESTS
            written.append(_add_up(each, shop.folder / f"{name}-{shop.kind}.prof"))
    shutil.rmtree(each)
    return written


def _add_up(each: Path, whole: Path) -> Path:
    text = io.StringIO()
    stats = pstats.Stats(*map(str, sorted(each.glob("*.prof"))), stream=text)
    stats.dump_stats(whole)
    stats.sort_stats("tottime").print_stats(SHOWN)
    lines = [line for line in text.getvalue().splitlines() if line.strip() and not line.endswith(".prof")]
    say("\n".join([f"{whole}: {REQUESTS} requests", *lines]))
    return whole
