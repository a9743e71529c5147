"""`up` as a person uses it, with the real processes: start, refusals, kills, stop, and a second start."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.commands import _process, _valkey, _welcome
from backend.commands._folder import Folder

ROOT = Path(__file__).resolve().parent.parent.parent
SERIOUS = signal.SIGKILL


def environment() -> dict[str, str]:
    return {
        k: v for k, v in os.environ.items() if not k.startswith("TUANMA_") and k not in ("DATABASE_URL", "REDIS_URL")
    }


class Shop:
    """One `up` after another on the same folder and port."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.port = folder, _process.free_port()
        self.said = folder.root.with_name("said")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *command: str) -> None:
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command, "--data", str(self.folder.root), "--port", str(self.port)],
                cwd=ROOT, env=environment(), stdout=said, stderr=said, preexec_fn=_process.dies_with_parent(),
            )  # fmt: skip

    def refused(self, folder: Path, port: int) -> str:
        """What a second `up` says; it must fail."""
        command = [sys.executable, "-m", "backend", "up", "--no-demo", "--data", str(folder), "--port", str(port)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=20, check=False
        )
        assert done.returncode == 1
        assert done.stdout == ""
        return done.stderr

    def status(self, path: str = "/healthz") -> int | None:
        return _welcome.status(self.port, path)

    def run(self) -> dict[str, str]:
        return json.loads(self.folder.run.read_text())

    def members(self) -> set[int]:
        """All processes of this shop, those that its children started included."""
        assert self.process is not None
        return {pid for child in children_of(self.process.pid) for pid in _process.session_members(child)}

    def child(self, words: str) -> int:
        """The child of `up` whose command line, or title, matches these words; 0 when there is none."""
        assert self.process is not None
        return next((pid for pid, line in children_of(self.process.pid).items() if re.search(words, line)), 0)


def children_of(parent: int) -> dict[int, str]:
    """Direct children and their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose first demo is still being made when the tests begin."""
    shop = Shop(Folder(tmp_path_factory.mktemp("up") / "shop"))
    shop.start("tests.commands.slow_demo")
    try:
        assert until(lambda: "now its demo data are made" in shop.said.read_text(), 60), shop.said.read_text()
        yield shop
    finally:
        if shop.process is not None and shop.process.poll() is None:
            shop.process.terminate()
            shop.process.wait(20)


def until(ready: Callable[[], object], seconds: float) -> bool:
    return _process.wait_until(lambda: bool(ready()), seconds, 0.1)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_1_the_shop_works_while_healthz_says_503_until_the_demo_is_in(shop: Shop) -> None:
    assert shop.status() == 503
    assert shop.status("/api/v1/openapi.json") == 200
    may_end = shop.folder.root / "demo-may-end"
    may_end.touch()
    assert until(lambda: shop.status() == 200, 5)
    may_end.unlink()
    assert until(lambda: "Stop it with Ctrl-C." in shop.said.read_text(), 5)
    said = shop.said.read_text()
    assert f"http://127.0.0.1:{shop.port}/api/v1/openapi.json" in said
    assert f"{shop.run()['wxsim_url']}/phone?token=" in said


def test_2_run_json_says_where_all_things_are_and_everything_is_private(shop: Shop) -> None:
    run = shop.run()
    assert shop.process is not None
    assert (run["port"], run["pid"]) == (shop.port, shop.process.pid)
    assert run["database_url"] == f"sqlite:///{shop.folder.database}"
    assert run["clock_file"] == str(shop.folder.clock)
    assert _valkey.answers(run["redis_url"])
    assert shop.folder.database.exists() and shop.folder.books.exists()
    kept = [shop.folder.root, *shop.folder.root.rglob("*")]
    assert [str(path) for path in kept if path.stat().st_mode & 0o077] == []


def test_3_a_second_one_on_the_same_folder_or_port_is_refused_in_one_sentence(shop: Shop, tmp_path: Path) -> None:
    assert shop.refused(shop.folder.root, _process.free_port()).startswith(f"A shop is running on {shop.folder.root}:")
    says = shop.refused(tmp_path / "other", shop.port)
    assert says.startswith(f"Port {shop.port} is taken by process ") and says.count("\n") == 1
    assert shop.status() == 200


def test_4_doctor_finds_nothing_but_what_only_the_merchant_knows(shop: Shop) -> None:
    def examine() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend", "doctor", "--data", str(shop.folder.root)]
        return subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=30, check=False
        )

    assert until(lambda: "1 at work" in examine().stdout, 20)
    done = examine()
    [told] = [line for line in done.stdout.splitlines() if line.startswith(("warn", "fail"))]
    assert done.returncode == 0
    assert told.startswith("warn  shop       has no complete address for returns")


@pytest.mark.parametrize("words", ["valkey", "-m wxsim", "gunicorn", "-m backend worker|rq:worker", "-m backend cron"])
def test_5_whatever_is_killed_comes_back_at_the_same_address(shop: Shop, words: str) -> None:
    assert until(lambda: shop.child(words), 20)  # the one before may have taken it along
    before, killed = shop.run(), shop.child(words)
    os.kill(killed, SERIOUS)
    assert until(lambda: shop.child(words) not in (0, killed), 20)
    assert until(lambda: shop.status() == 200 and shop.status("/readyz") == 200, 20)
    assert until(lambda: wxsim_answers(before), 20)
    assert until(lambda: _valkey.answers(before["redis_url"]), 20)
    assert shop.run() == before


def wxsim_answers(run: dict[str, str]) -> bool:
    return _welcome.status(int(run["wxsim_url"].rpartition(":")[2]), "/phone") is not None


def test_6_sigterm_ends_all_of_it_within_8_seconds(shop: Shop) -> None:
    members = shop.members()
    assert len(members) >= 7  # Valkey, wxsim, gunicorn and its two, worker, cron
    assert shop.process is not None
    began = time.monotonic()
    shop.process.terminate()
    assert shop.process.wait(10) == 0
    assert time.monotonic() - began < 8
    assert alive(members) == set()
    assert not shop.folder.run.exists() and not shop.folder.ready.exists()
    assert "the data stay in" in shop.said.read_text()


def test_7_a_second_start_keeps_everything_and_makes_no_demo(shop: Shop) -> None:
    secrets = shop.folder.secrets.read_bytes()
    shop.start("backend", "up")
    assert until(lambda: shop.status() == 200, 60)
    assert until(lambda: "The shop is open." in shop.said.read_text(), 5)
    assert "demo data" not in shop.said.read_text()
    assert shop.folder.secrets.read_bytes() == secrets


def test_8_a_second_signal_kills_at_once(shop: Shop) -> None:
    members = shop.members()
    assert shop.process is not None
    shop.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    shop.process.send_signal(signal.SIGINT)
    assert shop.process.wait(5) == 128 + signal.SIGINT
    assert until(lambda: alive(members) == set(), 2)


def test_9_a_supervisor_that_is_killed_takes_its_shop_with_it_and_the_next_start_cleans_up(shop: Shop) -> None:
    shop.start("backend", "up", "--no-demo")
    assert until(lambda: shop.status() == 200, 60)
    members = shop.members()
    assert shop.process is not None
    shop.process.kill()
    shop.process.wait()
    assert until(lambda: alive(members) == set(), 10)
    assert shop.folder.run.exists()
    shop.start("backend", "up", "--fresh", "--no-demo")
    assert until(lambda: shop.status() == 200, 60)
    assert "Removed the data in" in shop.said.read_text()
