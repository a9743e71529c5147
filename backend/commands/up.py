"""Starts the whole shop on this machine: web, worker, cron, embedded Valkey, WeChat's stand-in and demo data."""

import argparse
import json
import os
import secrets
import time

from backend.commands import _ports, _process, _programs, _running, _secrets, _valkey, _welcome
from backend.commands._folder import Folder, Refused, write_private
from backend.commands._running import Running
from backend.commands._supervisor import POLL, Asked, Program, Supervisor
from backend.demo.opening import opening
from backend.infra.clock import FileClock, real_now, ticks
from backend.kernel.calendar import business_day

WEB_WORKERS, WEB_THREADS = 2, 4


def main(argv: list[str]) -> int:
    """Runs until it is asked to stop (0) or cannot start (1). A second one on the same folder or port is refused."""
    parser = argparse.ArgumentParser(prog="python3 -m backend up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="port of the web (default: 8000)")
    parser.add_argument("--data", metavar="DIR", default="var", help="folder of all data (default: var)")
    parser.add_argument("--fresh", action="store_true", help="remove the data of that folder first")
    parser.add_argument("--no-demo", action="store_true", help="begin with an empty shop")
    arguments = parser.parse_args(argv)
    if os.environ.get("TUANMA_ENV") == "production":
        raise Refused(
            "`up` is for trying and developing; in production start `api`, `worker` and `cron` (see README.md)."
        )
    os.umask(0o077)
    folder = Folder(arguments.data)
    folder.claim()
    with folder.held():
        _ports.check(arguments.port)
        if arguments.fresh:
            begin_anew(folder)
        return Up(folder, arguments.port, not arguments.no_demo).run()


def begin_anew(folder: Folder) -> None:
    """Removes the folder's data; a database server's are not ours to remove, and unreadable without their keys."""
    if os.environ.get("DATABASE_URL") and folder.secrets.exists():
        raise Refused(
            "--fresh would remove the keys that the database in DATABASE_URL is encrypted with, and not that database: "
            "take a new, empty database and a new folder with --data DIR."
        )
    left = folder.clear()
    _welcome.say(f"Removed the data in {folder.root}." + (f" Left alone: {', '.join(left)}." if left else ""))


class Up:
    """One run of the shop on a folder that is held."""

    def __init__(self, folder: Folder, port: int, demo: bool) -> None:
        self.folder, self.port = folder, port
        self.database_url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder.database}"
        self.redis_url = os.environ.get("REDIS_URL") or ""
        self.wants_demo = demo and not self._begun_without_demo()
        self.secrets = _secrets.ensure(folder)
        folder.logs.mkdir(exist_ok=True, mode=0o700)
        folder.files.mkdir(exist_ok=True, mode=0o700)
        folder.wxsim.mkdir(exist_ok=True, mode=0o700)
        for left_over in (folder.ready, folder.run, _programs.announcing(folder)):
            left_over.unlink(missing_ok=True)
        self.supervisor = Supervisor(folder.logs, _programs.ROOT, _welcome.say)
        self.supervisor.environment |= _secrets.environment(folder, self.secrets) | {"PYTHONUNBUFFERED": "1"}
        for name in ("NO_PROXY", "no_proxy"):  # everything here talks over loopback
            self.supervisor.environment[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))

    def run(self) -> int:
        """Starts everything in order, watches it, and ends everything, whatever happens."""
        self.supervisor.handle_signals()
        try:
            running = self.start()
            self.watch(running)
        except Asked:
            pass
        finally:
            _welcome.say("Stopping …")
            began = ticks()
            self.supervisor.stop()
            for passing in (self.folder.run, self.folder.ready):
                passing.unlink(missing_ok=True)
            _welcome.say(f"Stopped after {ticks() - began:.1f} s; the data stay in {self.folder.root}.")
        return 0

    def start(self) -> Running:
        """Stores first, then the schema, WeChat's stand-in and what works; returns when the web answers."""
        _welcome.say(f"Tuanma starts; its data are in {self.folder.root}")
        self._redis()
        with _welcome.doing("database up to date"):
            self.supervisor.environment |= {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
            self.supervisor.run(Program("migrate", lambda: _programs.backend("migrate")))
        running = self._wxsim()
        self.supervisor.environment |= _running.shop_environment(running)
        if not self.wants_demo or self._has_demo():
            self.folder.ready.touch()
        elif not self.folder.clock.exists():
            FileClock(self.folder.clock).move_to(opening(business_day(real_now())))
        with _welcome.doing(f"web on port {self.port}"):
            bind = f"127.0.0.1:{self.port}"
            web = self.supervisor.start(Program("web", lambda: _programs.web(bind, WEB_WORKERS, WEB_THREADS)))
            self.supervisor.start(Program("worker", lambda: _programs.backend("worker")))
            self.supervisor.start(Program("cron", lambda: _programs.backend("cron")))
            self.supervisor.wait(web, lambda: _welcome.status(self.port, "/healthz") is not None, 60)
        return running

    def _redis(self) -> None:
        """The server of REDIS_URL, or our own with a new password at each start."""
        if self.redis_url:
            if not _valkey.answers(self.redis_url):
                raise Refused(
                    "The Redis of REDIS_URL does not answer: start it, or unset REDIS_URL to use the embedded one."
                )
            return
        with _welcome.doing("Valkey"):
            port, password = _process.free_port(), secrets.token_urlsafe(24)
            command = _valkey.configure(self.folder.valkey, port, password)
            self.redis_url = _valkey.url(port, password)
            server = self.supervisor.start(Program("valkey", lambda: command, stage=2))
            self.supervisor.wait(server, lambda: _valkey.answers(self.redis_url), 60)

    def _wxsim(self) -> Running:
        """WeChat's stand-in; when it listens, run.json tells every other command where all things are."""
        with _welcome.doing("WeChat's stand-in"):
            config = _secrets.wxsim_config(self.folder, self.secrets, f"http://127.0.0.1:{self.port}")
            write_private(self.folder.wxsim / "config.json", config)
            announced = _programs.announcing(self.folder)
            program = self.supervisor.start(Program("wxsim", lambda: _programs.wxsim(self.folder), stage=1))
            self.supervisor.wait(program, lambda: _programs.announcement(announced) is not None, 30)
        said = _programs.announcement(announced)
        assert said is not None
        running = Running(
            data=self.folder.root,
            port=self.port,
            database_url=self.database_url,
            redis_url=self.redis_url,
            wxsim_url=said["url"].rstrip("/"),
            control_token=self.secrets["TUANMA_CONTROL_TOKEN"],
            clock_file=self.folder.clock,
            pid=os.getpid(),
        )
        _running.note(self.folder, running)
        return running

    def watch(self, running: Running) -> None:
        """Loads the demo shop if it is wanted and missing, then restarts what dies until somebody asks to stop."""
        if self.folder.ready.exists():
            self._remember_demo(self.wants_demo)
            _welcome.welcome(self.folder, running)
        else:
            _welcome.say(f"The shop answers at {running.url}; now its demo data are made, this once.")
            self.supervisor.start(
                Program(
                    "load-demo",
                    lambda: _programs.backend("load-demo", "--data", str(self.folder.root)),
                    once=True,
                    on_screen=True,
                )
            )
        while not self.supervisor.asked:
            for program in self.supervisor.look():
                if program.code != 0:
                    _welcome.say(
                        f"The demo data could not be made (exit code {program.code}): the shop runs, "
                        "/healthz stays 503, and the next start tries again."
                    )
                else:
                    self._remember_demo(True)
                    self.folder.ready.touch()
                    _welcome.welcome(self.folder, running)
            time.sleep(POLL)

    def _begun_without_demo(self) -> bool:
        return self.folder.demo.exists() and not json.loads(self.folder.demo.read_text("utf-8")).get("wanted", True)

    def _has_demo(self) -> bool:
        """Known from the folder for our own database; a server's own mark decides in `load-demo`."""
        return self.folder.demo.exists() and "DATABASE_URL" not in os.environ

    def _remember_demo(self, wanted: bool) -> None:
        if not self.folder.demo.exists():
            write_private(self.folder.demo, json.dumps({"wanted": wanted}))
