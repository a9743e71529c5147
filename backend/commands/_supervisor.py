"""Starts a set of programs in order, restarts what dies, and ends all within a bounded time, the stores last."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from backend.commands import _process
from backend.commands._folder import Refused
from backend.commands._programs import ROOT
from backend.infra.clock import ticks

GRACE = (4.5, 1.0, 1.5)  # seconds a stage has to end by itself: what works, what it talks to, what keeps its data
POLL = 0.2
LONG_RUN = 30.0
TOO_LONG_A_LOG = 10 * 2**20


@dataclass(slots=True)
class Program:
    """One child: its command (asked for at each start), the stage in which it ends, whether it may end by itself."""

    name: str
    command: Callable[[], list[str]]
    stage: int = 0
    once: bool = False
    on_screen: bool = False
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float | None = None
    code: int | None = field(default=None)


class Asked(Exception):
    """Somebody asked to stop while we were waiting for something."""


class Supervisor:
    """Make one per process, from the main thread: children end with the thread that started them."""

    def __init__(
        self, logs: Path, cwd: Path, say: Callable[[str], None], guarded: bool = sys.platform != "linux"
    ) -> None:
        self.environment = dict(os.environ)
        self.asked = 0
        self._logs, self._cwd, self._say = logs, cwd, say
        self._programs: list[Program] = []
        command = [sys.executable, "-m", "backend.commands._guard"]
        self._guard = (
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True, start_new_session=True)
            if guarded
            else None
        )

    def handle_signals(self) -> None:
        """SIGINT, SIGTERM, SIGHUP ask to stop, also where the shell had them ignored; the second one kills."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._signalled)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._signalled)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1
        if self.asked > 1:
            self.kill()
            os._exit(128 + number)

    def start(self, program: Program) -> Program:
        """Starts a program in a session of its own, its output in `logs/<name>.log`."""
        if program not in self._programs:
            self._programs.append(program)
        output = None if program.on_screen else self._log(program.name)
        try:
            program.child = subprocess.Popen(
                program.command(),
                cwd=self._cwd,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=None if self._guard else _process.dies_with_parent(signal.SIGTERM),
            )
        finally:
            if output is not None:
                os.close(output)
        if self._guard is not None and self._guard.stdin is not None:
            print(program.child.pid, file=self._guard.stdin, flush=True)
        program.started, program.again_at, program.code = ticks(), None, None
        return program

    def _log(self, name: str) -> int:
        path = self._logs / f"{name}.log"
        if path.exists() and path.stat().st_size > TOO_LONG_A_LOG:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def wait(self, program: Program, ready: Callable[[], bool], seconds: float) -> None:
        """Waits for a program's first readiness.

        Raises Refused with the end of its log when it dies or takes too long, Asked when a signal came meanwhile.
        """
        deadline = ticks() + seconds
        while not ready():
            if self.asked:
                raise Asked
            if program.child is not None and program.child.poll() is not None:
                raise Refused(
                    f"{program.name} ended at once ({_ended(program.child.returncode)}).{self._tail(program)}"
                )
            if ticks() > deadline:
                raise Refused(f"{program.name} was not ready after {seconds:.0f} s.{self._tail(program)}")
            time.sleep(0.05)

    def run(self, program: Program) -> None:
        """Runs a program to its end; raises Refused with the end of its log if it failed, Asked after a signal."""
        child = self.start(program).child
        assert child is not None
        while child.poll() is None:
            if self.asked:
                raise Asked
            time.sleep(0.05)
        self._programs.remove(program)
        if child.returncode != 0:
            raise Refused(f"{program.name} failed ({_ended(child.returncode)}).{self._tail(program)}")

    def _tail(self, program: Program) -> str:
        path = self._logs / f"{program.name}.log"
        with contextlib.suppress(OSError):
            lines = path.read_text("utf-8", "replace").strip().splitlines()[-8:]
            return "\n".join([f" The end of {path}:", *(f"    {line}" for line in lines)])
        return ""

    def look(self) -> list[Program]:
        """One look at all children: starts again what is due; returns the `once` programs that have ended since."""
        finished = []
        now = ticks()
        for program in self._programs:
            if program.again_at is not None:
                if now >= program.again_at:
                    self.start(program)
            elif program.code is None and program.child is not None and program.child.poll() is not None:
                program.code = program.child.returncode
                _kill_session(program.child.pid)
                if program.once:
                    finished.append(program)
                else:
                    self._restart(program, now)
        return finished

    def _restart(self, program: Program, now: float) -> None:
        ran = now - program.started
        program.failures = 0 if ran > LONG_RUN else program.failures + 1
        delay = min(2**program.failures, 30) * 0.5
        program.again_at = now + delay
        self._say(
            f"{program.name} ended ({_ended(program.code)}) after {ran:.0f} s; starting it again in {delay:g} s "
            f"(log: {self._logs / program.name}.log)"
        )

    def stop(self) -> None:
        """Ends all children, stage after stage, each stage together; whoever outlasts its grace is killed. ≤ 8 s."""
        for stage, grace in enumerate(GRACE):
            children = [one.child for one in reversed(self._programs) if one.stage == stage and one.child is not None]
            for child in children:
                if child.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        child.send_signal(signal.SIGTERM)
            deadline = ticks() + grace
            while any(child.poll() is None for child in children) and ticks() < deadline:
                time.sleep(0.02)
            for child in children:
                _kill_session(child.pid)
                child.wait()
        if self._guard is not None:
            self._guard.communicate()

    def kill(self) -> None:
        """Kills all children and whatever they started, at once."""
        for program in self._programs:
            if program.child is not None:
                _kill_session(program.child.pid)


def _kill_session(leader: int) -> None:
    """SIGKILL for a child and its offspring, those in process groups of their own (RQ's work-horses) included."""
    _process.signal_group(leader, signal.SIGKILL)
    if sys.platform == "linux":
        for pid in _process.session_members(leader):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
