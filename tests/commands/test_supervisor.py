"""The supervisor: what dies comes back, what is asked to stop is gone in time, stores last, nothing is left over."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.commands import _process, _supervisor
from backend.commands._folder import Refused
from backend.commands._supervisor import Asked, Program, Supervisor

NAMES = ("store", "worker", "stubborn", "offspring")


class Watched:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, *more: str, ignored: bool = False) -> None:
        self.folder = folder
        before_exec = (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN) and None) if ignored else None
        command = [sys.executable, "-m", "tests.commands.watched", str(folder), *more]
        with open(folder / "said", "wb") as said:
            self.process = subprocess.Popen(command, stdout=said, preexec_fn=before_exec)
        assert _process.wait_until(lambda: all(self.pid(name) for name in NAMES), 20)

    def pid(self, name: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / f"{name}.pid").read_text())
        return 0

    def alive(self) -> list[str]:
        return [name for name in NAMES if is_alive(self.pid(name))]


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path)
    yield one
    one.process.kill()
    one.process.wait()
    for name in one.alive():  # the stubborn ones outlive a killed supervisor
        os.kill(one.pid(name), signal.SIGKILL)


def test_a_signal_ends_all_children_within_8_seconds_and_the_store_last(watched: Watched) -> None:
    began = time.monotonic()
    watched.process.send_signal(signal.SIGTERM)
    assert watched.process.wait(8) == 0
    assert time.monotonic() - began < 8
    assert watched.alive() == []
    assert (watched.folder / "ended").read_text() == "worker\nstore\n"


def test_a_terminal_that_closes_ends_all_children_too(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "hasty")
    watched.process.send_signal(signal.SIGHUP)
    assert watched.process.wait(30) == 0
    assert watched.alive() == []


def test_sigint_works_where_a_shell_started_us_with_sigint_ignored(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "hasty", ignored=True)
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(8) == 0
    assert watched.alive() == []


def test_a_second_signal_kills_at_once(watched: Watched) -> None:
    watched.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert "stubborn" in watched.alive()
    began = time.monotonic()
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(3) == 128 + signal.SIGINT
    assert time.monotonic() - began < 1
    assert _process.wait_until(lambda: watched.alive() == [], 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_get_sigterm_when_the_supervisor_is_killed(watched: Watched) -> None:
    watched.process.kill()
    assert _process.wait_until(lambda: not {"store", "worker"} & set(watched.alive()), 3)
    for name in ("stubborn", "offspring"):  # they ignore SIGTERM: that is their nature here
        os.kill(watched.pid(name), signal.SIGKILL)


def test_where_the_kernel_does_not_tell_them_a_guard_ends_the_children_of_a_killed_supervisor(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "guarded")
    watched.process.kill()
    watched.process.wait()
    assert _process.wait_until(lambda: not {"store", "worker", "stubborn"} & set(watched.alive()), 6)
    os.kill(watched.pid("offspring"), signal.SIGKILL)  # in a group of its own, which only Linux lets us find


def test_a_guard_goes_with_its_supervisor(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "guarded", "hasty")
    children = Path(f"/proc/{watched.process.pid}/task/{watched.process.pid}/children").read_text().split()
    assert len(children) == 4  # three programs and the guard
    watched.process.send_signal(signal.SIGTERM)
    assert watched.process.wait(8) == 0
    assert [pid for pid in children if is_alive(int(pid))] == []


def test_a_killed_child_comes_back_and_is_named_with_its_end_and_the_delay(watched: Watched) -> None:
    first = watched.pid("worker")
    (watched.folder / "worker.pid").unlink()
    began = time.monotonic()
    os.kill(first, signal.SIGKILL)
    assert _process.wait_until(lambda: watched.pid("worker") not in (0, first), 5)
    assert time.monotonic() - began >= 1.0
    said = (watched.folder / "said").read_text()
    assert said.startswith("worker ended (killed by SIGKILL) after ")
    assert "starting it again in 1 s" in said


def test_the_offspring_of_a_killed_child_is_gone_before_it_comes_back(watched: Watched) -> None:
    offspring = watched.pid("offspring")
    (watched.folder / "offspring.pid").unlink()
    os.kill(watched.pid("stubborn"), signal.SIGKILL)
    assert _process.wait_until(lambda: watched.pid("offspring") not in (0, offspring), 5)
    assert not is_alive(offspring)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[tuple[Supervisor, list[str]]]:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, tmp_path, said.append)
    yield supervisor, said
    supervisor.kill()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_each_quick_failure_doubles_the_delay_up_to_15_seconds(
    supervisor: tuple[Supervisor, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, said = supervisor
    program = Program("broken", lambda: python("raise SystemExit(3)"))
    watcher.start(program)
    for _ in range(7):
        assert program.child is not None
        program.child.wait()
        watcher.look()
        program.again_at = 0.0
        watcher.look()
    delays = [line.split("again in ")[1].split(" s")[0] for line in said]
    assert delays == ["1", "2", "4", "8", "15", "15", "15"]
    assert said[0].startswith("broken ended (exit code 3) after 0 s")


def test_a_long_run_forgives_earlier_failures(
    supervisor: tuple[Supervisor, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, said = supervisor
    program = watcher.start(Program("tired", lambda: python("raise SystemExit(3)")))
    assert program.child is not None
    program.failures = 4
    program.started -= _supervisor.LONG_RUN + 1
    program.child.wait()
    watcher.look()
    assert said[0].endswith("starting it again in 0.5 s (log: " + str(watcher._logs / "tired.log") + ")")


def test_a_program_that_ends_before_it_is_ready_is_refused_with_the_end_of_its_log(
    supervisor: tuple[Supervisor, list[str]],
) -> None:
    watcher, _ = supervisor
    program = watcher.start(Program("web", lambda: python("print('the reason'); raise SystemExit(4)")))
    with pytest.raises(Refused) as refused:
        watcher.wait(program, lambda: False, 10)
    assert "web ended at once (exit code 4)" in str(refused.value)
    assert "    the reason" in str(refused.value)


def test_a_program_that_is_never_ready_is_refused_after_its_time(supervisor: tuple[Supervisor, list[str]]) -> None:
    watcher, _ = supervisor
    program = watcher.start(Program("web", lambda: python("import time; time.sleep(60)")))
    with pytest.raises(Refused, match="web was not ready after 0 s"):
        watcher.wait(program, lambda: False, 0.2)


def test_a_program_run_to_its_end_is_not_started_again_and_its_failure_is_told(
    supervisor: tuple[Supervisor, list[str]],
) -> None:
    watcher, said = supervisor
    watcher.run(Program("migrate", lambda: python("pass")))
    with pytest.raises(Refused, match="migrate failed \\(exit code 5\\)"):
        watcher.run(Program("migrate", lambda: python("raise SystemExit(5)")))
    assert (watcher.look(), said) == ([], [])


def test_a_signal_while_waiting_stops_the_waiting(supervisor: tuple[Supervisor, list[str]]) -> None:
    watcher, _ = supervisor
    program = watcher.start(Program("web", lambda: python("import time; time.sleep(60)")))
    watcher.asked = 1
    with pytest.raises(Asked):
        watcher.wait(program, lambda: False, 10)
    with pytest.raises(Asked):
        watcher.run(Program("migrate", lambda: python("import time; time.sleep(60)")))


def test_a_once_program_is_reported_once_and_stays_ended(supervisor: tuple[Supervisor, list[str]]) -> None:
    watcher, _ = supervisor
    program = watcher.start(Program("load-demo", lambda: python("pass"), once=True))
    assert program.child is not None
    program.child.wait()
    assert [one.name for one in watcher.look()] == ["load-demo"]
    assert watcher.look() == []
    assert program.code == 0


def test_logs_are_private_and_a_long_one_is_put_aside(
    supervisor: tuple[Supervisor, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, _ = supervisor
    monkeypatch.setattr(_supervisor, "TOO_LONG_A_LOG", 3)
    watcher.run(Program("one", lambda: python("print('first')")))
    assert (tmp_path / "one.log").stat().st_mode & 0o777 == 0o600
    watcher.run(Program("one", lambda: python("print('second')")))
    assert (tmp_path / "one.log").read_text() == "second\n"
    assert (tmp_path / "one.log.1").read_text() == "first\n"
