"""Starts the stand-in: `python -m wxsim --config FILE [--port 0] [--announce FILE]`."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from wxsim.app import make_app, make_world
from wxsim.config import BadConfig, read_config
from wxsim.server import Server


def main(argv: list[str] | None = None) -> int:
    """Serves on loopback until SIGTERM or SIGINT; 2 when the configuration or the port cannot be used."""
    parser = argparse.ArgumentParser("wxsim", description="stands in for WeChat's servers on this machine")
    parser.add_argument("--config", type=Path, required=True, help="JSON file with keys, names and the control token")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: a free one)")
    parser.add_argument("--announce", type=Path, help="file that gets {url, pid} once it listens")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        world = make_world(read_config(given.config))
        server = Server(make_app(world), given.port)
    except (BadConfig, OSError) as error:
        print(f"wxsim: {error}", file=sys.stderr)
        return 2
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threading.Thread(target=server.serve_forever, args=(0.05,), name="wxsim-server", daemon=True).start()
    world.delivery.start()
    if given.announce:
        announce(given.announce, f"http://127.0.0.1:{server.port}")
    ended.wait()
    server.shutdown()
    world.delivery.stop()
    world.books.close()
    return 0


def announce(path: Path, url: str) -> None:
    """Writes {url, pid} in one step, so that no reader sees half of it."""
    half = path.with_name(path.name + ".half")
    half.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    half.replace(path)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # handler threads may still hold kept-alive connections; nothing of theirs is worth waiting for
