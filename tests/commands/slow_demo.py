"""`up` with a demo that takes until the file DIR/demo-may-end exists; run by the tests as a process of its own."""

import sys
from pathlib import Path

from backend.commands import _programs, up

ours = _programs.backend
WAIT = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.05)
"""


def backend(*arguments: str) -> list[str]:
    if arguments[0] == "load-demo":
        folder = Path(sys.argv[sys.argv.index("--data") + 1])
        return [sys.executable, "-c", WAIT, str(folder / "demo-may-end")]
    return ours(*arguments)


_programs.backend = backend
sys.exit(up.main(sys.argv[1:]))
