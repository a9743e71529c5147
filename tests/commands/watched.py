"""A supervisor with small children, run by the tests as a process of its own: `watched.py FOLDER [guarded] [hasty]`."""

import sys
import time
from pathlib import Path

from backend.commands import _supervisor
from backend.commands._supervisor import POLL, Program, Supervisor

GENTLE = """
import os, signal, sys, time
name = sys.argv[1]
def ended(*_):
    with open("ended", "a") as file: file.write(name + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, ended)
open(name + ".pid", "w").write(str(os.getpid()))
while True: time.sleep(0.05)
"""
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgrp()
    open("offspring.pid", "w").write(str(os.getpid()))
else:
    open("stubborn.pid", "w").write(str(os.getpid()))
while True: time.sleep(0.05)
"""


def main(folder: Path, guarded: bool) -> None:
    supervisor = Supervisor(folder, folder, lambda text: print(text, flush=True), guarded)
    supervisor.handle_signals()
    supervisor.start(Program("store", lambda: [sys.executable, "-c", GENTLE, "store"], stage=2))
    supervisor.start(Program("worker", lambda: [sys.executable, "-c", GENTLE, "worker"]))
    supervisor.start(Program("stubborn", lambda: [sys.executable, "-c", STUBBORN]))
    while not supervisor.asked:
        supervisor.look()
        time.sleep(POLL)
    supervisor.stop()


if "hasty" in sys.argv:  # a grace that keeps tests short where its length does not matter
    _supervisor.GRACE = (0.5, 0.5, 0.5)
main(Path(sys.argv[1]), "guarded" in sys.argv)
