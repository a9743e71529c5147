"""The faults of the reference, F01 to F45, in one table: how each is made here, what must hold after it, and whether it does.

`python3 -m backend campaign faults [--only F14 F22] [--database postgresql] [--json]`. A row is proven by ordinary tests, which
are run, or by scripts that hurt a real shop (`fault_scripts/`), or it says in words why there is nothing to hurt yet. After
each script all parts are back, and then: within 60 s nothing is left to do, whoever asked again with their key had one
effect, and the books hold, WeChat's own included.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.fault_scripts import (
    clocks,
    crowds,
    databases,
    disks,
    migrating,
    poison,
    processes,
    queues,
    restoring,
    wechat,
)
from tests.campaigns.fault_scripts.ground import Given, Ground, Missing, opened

ROOT = Path(__file__).resolve().parents[2]
PASS, FAIL, SKIP, NOT_APPLICABLE = "pass", "FAIL", "SKIP", "not applicable"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED) (tests/\S+?\.py)(::\S+)?", re.M)


@dataclass(frozen=True)
class Script:
    """Something that is done to the running shop (`hurt`), or that brings what it needs along (`alone`)."""

    hurt: Callable[[Ground], str] | None = None
    alone: Callable[[Given], str] | None = None
    on: tuple[str, ...] = BOTH

    @property
    def name(self) -> str:
        script = self.hurt or self.alone
        assert script is not None
        return script.__name__.replace("_", " ")


@dataclass(frozen=True)
class Row:
    """One fault: what it is, how it is made here and against which parts, what must hold."""

    id: str
    says: str
    how: str
    parts: str
    holds: str
    tests: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()
    nothing_yet: str = ""


@dataclass
class Verdict:
    """What became of a row on one database."""

    row: Row
    database: str
    word: str
    says: list[str] = field(default_factory=list)
    seconds: float = 0.0


def hurting(*scripts: Callable[[Ground], str], on: Sequence[str] = BOTH) -> tuple[Script, ...]:
    return tuple(Script(hurt=each, on=tuple(on)) for each in scripts)


def alone(*scripts: Callable[[Given], str], on: Sequence[str] = BOTH) -> tuple[Script, ...]:
    return tuple(Script(alone=each, on=tuple(on)) for each in scripts)


EVERY_POINT = "tests/faults/test_every_point.py"
WORKER = "tests/worker/test_worker.py"
OUTBOX = "tests/infra/test_outbox.py"
UOW = "tests/infra/test_uow.py"
PAYING = "tests/usecases/test_paying.py"
REFUNDING = "tests/usecases/test_refunding.py"
UPLOADS = "tests/usecases/test_shipping_upload.py"
MESSAGES = "tests/usecases/test_messages.py"
KILL = "tests/campaigns/test_kill.py"
ONE_EFFECT = "one effect for each key, quiet within 60 s, all books agree"

TABLE = (
    Row("F01", "web, relay or job killed between any two points", "SIGKILL at the n-th statement, commit, call, enqueue",
        "web, worker", "as an undisturbed run; every point: `campaign kill`", tests=(KILL, EVERY_POINT)),
    Row("F02", "whoever writes is killed at its n-th fsync", "strace, signal=SIGKILL:when=n", "web, worker, PostgreSQL, Valkey",
        ONE_EFFECT, scripts=hurting(processes.killed_at_a_sync)),
    Row("F03", "fsync or a write fails at the disk", "strace, error=EIO and ENOSPC", "web, worker, PostgreSQL, Valkey", ONE_EFFECT,
        tests=("tests/gateways/test_files.py::test_f22_a_full_disk_leaves_nothing_behind",), scripts=hurting(disks.syncs_fail)),
    Row("F04", "a worker's parent is killed in the middle of a call, its child lives on", "SIGKILL by pid", "worker", ONE_EFFECT,
        scripts=hurting(processes.killed_parent)),
    Row("F05", "a job's process is killed, or it and its parent", "SIGKILL by pid; at every point: `campaign kill`", "worker",
        ONE_EFFECT, tests=(KILL,), scripts=hurting(processes.killed_child, processes.killed_both)),
    Row("F06", "a frozen worker goes on after its lease", "SIGSTOP, another worker, SIGCONT", "worker",
        "the late one cannot finish; " + ONE_EFFECT,
        tests=(f"{OUTBOX}::test_a_zombie_cannot_finish_and_leaves_no_effect", f"{WORKER}::test_f06_a_zombie_cannot_finish"),
        scripts=hurting(processes.zombie)),
    Row("F07", "several schedulers and relays, one frozen beyond its tick", "three crons, two workers, a day passes",
        "cron, worker", "every moment starts once; " + ONE_EFFECT,
        tests=("tests/infra/test_marks.py::test_of_many_schedulers_one_starts_a_slot", "tests/infra/test_outbox_relays.py"),
        scripts=hurting(processes.two_schedulers)),
    Row("F08", "a poison job raises, loops, wants all memory, crashes", "hooked reactions, RLIMIT_AS 2 GB", "worker",
        "the others are done; 8 tries, dead, listed, done once revived", tests=(
            f"{WORKER}::test_a_failing_reaction_is_tried_again_and_dies_after_eight",
            f"{WORKER}::test_t49_a_worker_that_dies_every_time_is_buried"), scripts=alone(poison.poison)),
    Row("F09", "enqueued before the commit; committed and died before enqueueing", "events are rows of the same transaction",
        "worker, Valkey", "no job without its cause, none is forgotten", tests=(
            f"{UOW}::test_what_is_written_is_there_after_the_transaction", f"{UOW}::test_an_exception_leaves_nothing",
            f"{OUTBOX}::test_a_rolled_back_fan_out_is_made_up_for", f"{WORKER}::test_f10_a_wiped_redis_loses_nothing", KILL)),
    Row("F10", "Redis is killed and comes back empty", "SIGKILL, journal removed", "Valkey", ONE_EFFECT,
        tests=(f"{WORKER}::test_f10_a_wiped_redis_loses_nothing",), scripts=hurting(queues.emptied)),
    Row("F11", "Redis is wiped again and again; its journal is torn", "FLUSHALL every 30 s; truncate after SIGKILL", "Valkey",
        ONE_EFFECT, scripts=hurting(queues.wiped, queues.torn)),
    Row("F12", "Redis is paused, asleep, full, read-only, refuses", "CLIENT PAUSE, SIGSTOP, maxmemory, REPLICAOF, min-replicas",
        "Valkey", ONE_EFFECT, scripts=hurting(queues.hampered)),
    Row("F13", "Redis is not there when the shop starts", "web, worker and cron start without it", "Valkey, web, worker, cron",
        "sells and is paid, /readyz says so, catches up; " + ONE_EFFECT,
        tests=(f"{WORKER}::test_f13_without_redis_it_waits_and_goes_on",), scripts=hurting(queues.absent)),
    Row("F14", "PostgreSQL stops at once under load", "SIGQUIT to its master, start again", "PostgreSQL",
        "a commit of unknown outcome is known by its key; " + ONE_EFFECT,
        scripts=hurting(databases.stopped_at_once, on=[POSTGRESQL])),
    Row("F15", "connections are cut in the middle", "pg_terminate_backend, at every point of placing and under load", "PostgreSQL",
        "the pool serves again within 5 s; " + ONE_EFFECT, tests=(
            f"{UOW}::test_a_connection_that_is_lost_is_the_refusal_busy", "tests/faults/test_connections_cut.py"),
        scripts=hurting(databases.connections_cut, on=[POSTGRESQL])),
    Row("F16", "no connection is left", "a limit of 6 for 64 clients", "PostgreSQL", "200, or 503 with Retry-After; " + ONE_EFFECT,
        tests=(f"{UOW}::test_a_pool_without_a_free_connection_is_the_refusal_busy",),
        scripts=hurting(databases.too_many, on=[POSTGRESQL])),
    Row("F17", "a rival keeps locks; a holder freezes", "a transaction of 13 s; SIGSTOP and a cut", "both databases", ONE_EFFECT,
        tests=(f"{UOW}::test_a_lock_that_does_not_come_is_the_refusal_busy",),
        scripts=(*hurting(databases.lock_held), *hurting(databases.idle_in_transaction, on=[POSTGRESQL]))),
    Row("F18", "deadlock", "a rival locks stock backwards", "PostgreSQL", "nobody sees more than a 503; " + ONE_EFFECT,
        tests=("tests/races/test_stock_race.py::test_nobody_waits_in_a_circle",),
        scripts=hurting(databases.deadlocks, on=[POSTGRESQL])),
    Row("F19", "commits that cannot be serialised", "everything at SERIALIZABLE under load", "PostgreSQL",
        "nobody sees more than a 503; " + ONE_EFFECT, scripts=hurting(databases.serializable, on=[POSTGRESQL])),
    Row("F20", "a slow network, cut in the middle, or silent", "a proxy: delay, cut after n bytes, half-open", "PostgreSQL",
        ONE_EFFECT, tests=("tests/infra/test_db.py::test_f20_a_server_that_is_gone_without_a_word_is_given_up",),
        scripts=hurting(databases.bad_network, on=[POSTGRESQL])),
    Row("F21", "SQLite busy, its journal long", "a reader that stays, a writer from outside, a held lock",
        "SQLite", ONE_EFFECT, tests=(
            "tests/infra/test_db.py::test_a_reader_never_waits_for_a_writer_and_sees_one_state_to_its_end",
            f"{UOW}::test_writers_on_sqlite_take_the_write_lock_when_they_begin"),
        scripts=hurting(databases.sqlite_crowded, on=[SQLITE])),
    Row("F22", "the disk is full: database, journal, pictures, logs, queue", "RLIMIT_FSIZE; a tmpfs that somebody fills",
        "web, worker, cron, PostgreSQL, Valkey", "503 meanwhile; " + ONE_EFFECT, tests=(
            "tests/gateways/test_files.py::test_f22_a_full_disk_leaves_nothing_behind",
            "tests/usecases/test_upload_picture.py::test_f22_a_full_disk_is_told_and_leaves_nothing"),
        scripts=(*hurting(disks.files_may_not_grow), *alone(disks.disk_full))),
    Row("F23", "memory runs out", "RLIMIT_AS on the worker; an export of a million rows: `bench --scale`", "worker", ONE_EFFECT,
        tests=("tests/usecases/test_exporting.py::test_a_sheet_is_written_in_slices_and_its_pieces_go",),
        scripts=hurting(processes.little_memory)),
    Row("F24", "file descriptors run out", "RLIMIT_NOFILE, 64 idle sockets", "web", ONE_EFFECT,
        scripts=hurting(processes.few_descriptors)),
    Row("F25", "the clock jumps: over midnight and month, three days on, an hour back", "the clock file", "all",
        ONE_EFFECT, tests=(
            "tests/kernel/test_calendar.py", f"{OUTBOX}::test_moving_the_business_clock_burns_no_lease_and_no_pause"),
        scripts=hurting(clocks.jumps)),
    Row("F26", "clocks of web and worker differ by five minutes", "a worker with a clock file, or a machine's clock, of its own",
        "web, worker", ONE_EFFECT, scripts=hurting(clocks.worker_differs, clocks.machines_differ)),
    Row("F27", "a payment is told a hundred times", "wxsim callback-duplicated; more: `campaign torture`", "web",
        "booked once; " + ONE_EFFECT, tests=(f"{PAYING}::test_r11_fifty_notifications_at_once_are_one_payment",),
        scripts=hurting(wechat.told_often)),
    Row("F28", "a payment is told before the call that opens it is answered", "wxsim callback-before-answer", "web", ONE_EFFECT,
        scripts=hurting(wechat.told_first)),
    Row("F29", "a payment is told a day late, never, after the end", "wxsim callback-delayed, -lost, payment-after-close, replay",
        "web, worker, cron", "found within 10 min; " + ONE_EFFECT, tests=(
            f"{PAYING}::test_f29_a_lost_notification_is_found_by_asking", f"{PAYING}::test_t14_a_late_payment_goes_back_by_itself"),
        scripts=hurting(wechat.told_late)),
    Row("F30", "notifications out of order", "wxsim callback-out-of-order", "web, worker", ONE_EFFECT,
        tests=(f"{REFUNDING}::test_f30_refund_news_before_its_own_answer", f"{REFUNDING}::test_t15_older_news_sets_nothing_back",
               f"{PAYING}::test_t10_a_repeat_in_a_later_state_moves_nothing_back"), scripts=hurting(wechat.out_of_order)),
    Row("F31", "forged notifications", "keys, serials, times, bytes, seals, amounts that are not WeChat's", "web",
        "nothing changes; many more: `campaign torture`", tests=(
            "tests/gateways/test_wechat_pay_notifications.py", "tests/gateways/test_wxsim_callbacks.py",
            "tests/stories/test_first_light.py::test_r09_r10_nothing_but_wechats_own_word_pays_an_order")),
    Row("F32", "platform keys rotate, certificates end", "both kinds of key at once, dates passed", "web",
        "both hold, what is over does not", tests=("tests/gateways/test_wechat_pay_signing.py",)),
    Row("F33", "answers that nobody can read", "wxsim: 13 kinds on every call of the route", "web, worker", ONE_EFFECT,
        tests=("tests/gateways/test_wechat_pay_outcomes.py", "tests/gateways/test_wire.py"), scripts=hurting(wechat.garbled)),
    Row("F34", "the answer is lost before or after the effect", "wxsim: dropped, lost, slow, on every call of the route",
        "web, worker", "never twice; " + ONE_EFFECT, tests=(
            f"{PAYING}::test_f34_a_lost_prepay_answer_keeps_its_number",
            f"{REFUNDING}::test_f34_a_lost_answer_is_sent_again_under_the_same_number",
            f"{UPLOADS}::test_a_lost_answer_is_asked_about_and_not_told_twice",
            f"{MESSAGES}::test_a_worker_that_died_in_the_middle"), scripts=hurting(wechat.lost)),
    Row("F35", "WeChat says too often: 429, a minute's and a day's quota", "wxsim frequency; scripted answers", "web, worker",
        "few tries, then later or tomorrow; " + ONE_EFFECT, tests=(
            f"{REFUNDING}::test_f35_too_soon_or_too_poor_waits_with_the_same_number",
            f"{MESSAGES}::test_too_frequent_waits_a_minute_and_the_quota_until_tomorrow",
            "tests/usecases/test_reviewing.py::test_no_quota_left_waits_for_the_next_chinese_day_and_no_person_is_bothered"),
        scripts=hurting(wechat.too_frequent)),
    Row("F36", "the access token dies early", "40001 and 42001; 20 threads, several processes", "web, worker",
        "one call for a new one", tests=("tests/gateways/test_wechat_token.py", "tests/gateways/test_wxsim_mini.py")),
    Row("F37", "one recipient of many cannot be told", "43101 for one of a batch", "worker", "only that one fails", tests=(
        f"{MESSAGES}::test_one_of_many_fails_alone", f"{MESSAGES}::test_how_a_send_can_end")),
    Row("F38", "logging in is slow, busy, with a used code", "wxsim slow, busy, login-code-used, token-expired", "web",
        "a friendly no, then a log-in", tests=(
            "tests/miniprogram_api/test_session.py", "tests/gateways/test_wechat_mini.py"),
        scripts=hurting(wechat.log_in_hampered)),
    Row("F39", "object storage or a picture's host is slow, gone, redirects inside", "addresses in forms and files", "web, worker",
        "addresses are refused and never asked", tests=("tests/admin/test_outbound.py",)),
    Row("F40", "a migration is killed at each statement, and run again", "SIGKILL in a child at statement n of every migration",
        "both databases", "the database stands at a whole revision; the end is the schema without deaths",
        tests=("tests/house/test_migrations.py",), scripts=alone(migrating.migrations_killed)),
    Row("F41", "a backup of a running shop is brought back, WeChat has gone on", "backup, restore, wxsim's later books", "all",
        "found paid, listed, nothing paid back twice", tests=(
            "tests/commands/test_backup.py::test_a_backup_taken_while_somebody_writes_holds_what_was_committed_and_not_the_rest",),
        scripts=alone(restoring.restored)),
    Row("F42", "old and new version side by side", "", "web, worker", "", nothing_yet="there is one version so far; what an older"
        " one queued and this one no longer knows is given up after 8 tries and listed (F08)"),
    Row("F43", "everybody comes at once, nothing is warm", "400 sockets on a web that has just been started", "web",
        "everybody is answered; " + ONE_EFFECT, scripts=hurting(crowds.all_at_once)),
    Row("F44", "an import is killed at a row; odd files", "every row and slice of an import; encodings, bombs, a million lines",
        "worker", "no row twice, none missing", tests=(
            "tests/usecases/test_importing.py", "tests/infra/test_sheets.py", f"{KILL}::test_f01_whoever_is_killed_nothing_shows")),
    Row("F45", "everything at random", "the others, drawn by --seed, for --minutes", "all", ONE_EFFECT,
        scripts=hurting(crowds.at_random)),
)


# --- rows that ordinary tests prove ---


def tested(rows: Sequence[Row], database: str) -> dict[str, list[tuple[str, str]]]:
    """Run all tests of these rows on a database in one go: node id → (what pytest says of it) for every test that ran."""
    wanted = sorted({each for row in rows for each in row.tests})
    if not wanted:
        return {}
    nodes = [each for each in wanted if "::" not in each or each.partition("::")[0] not in wanted]
    other = "not postgresql" if database == SQLITE else "not sqlite"
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=line", "-p", "no:cacheprovider", "--show-capture=no", "-k", other]
    done = subprocess.run([*command, *nodes], cwd=ROOT, capture_output=True, text=True)
    outcomes = [(file + (rest or ""), word) for word, file, rest in _OUTCOME.findall(done.stdout)]
    if not outcomes:
        outcomes = [(node, f"ERROR {done.stdout[-500:]}{done.stderr[-500:]}") for node in nodes]
    return {node: [each for each in outcomes if each[0].startswith(node)] for node in wanted}


def judged(row: Row, outcomes: dict[str, list[tuple[str, str]]], verdict: Verdict) -> None:
    """Add what the tests of a row say: each must have run on this database, and none may have failed."""
    ran = 0
    for node in row.tests:
        bad = [f"{name}: {word}" for name, word in outcomes[node] if word != "PASSED" and word != "SKIPPED"]
        passed = sum(word == "PASSED" for _, word in outcomes[node])
        ran += passed
        if bad:
            verdict.word = FAIL
            verdict.says += bad
    if row.tests:
        verdict.says.append(f"{ran} tests")
        if not ran and verdict.word == PASS:
            verdict.word = FAIL


# --- rows that are done to a real shop ---


class Shops:
    """The shop that scripts share, opened when first wanted, and anew after one that failed."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self._open = contextlib.ExitStack()
        self._ground: Ground | None = None
        self._number = 0

    def ground(self) -> Ground:
        if self._ground is None:
            self._number += 1
            self._ground = self._open.enter_context(opened(self.given, f"shop-{self._number}"))
        return self._ground

    def close(self) -> None:
        self._ground = None
        self._open.close()


def play(script: Script, shops: Shops, verdict: Verdict) -> None:
    """Run one script; what it found goes into the verdict of its row."""
    try:
        if script.alone is not None:
            said = script.alone(shops.given)
        else:
            assert script.hurt is not None
            said = script.hurt(shops.ground())
        verdict.says.append(f"{script.name}: {said}")
    except Missing as missing:
        verdict.word = SKIP if verdict.word == PASS else verdict.word
        verdict.says.append(f"{script.name}: {missing}")
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        verdict.word = FAIL
        verdict.says.append(f"{script.name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})")
        shops.close()


def run(rows: Sequence[Row], given: Given, say: Callable[[str], None]) -> Iterator[Verdict]:
    """Play rows on one database."""
    began = time.monotonic()
    outcomes = tested(rows, given.database)
    if outcomes:
        say(f"{given.database}: the tests of {sum(bool(row.tests) for row in rows)} rows took {time.monotonic() - began:.0f} s")
    shops = Shops(given)
    try:
        for row in rows:
            began = time.monotonic()
            verdict = Verdict(row, given.database, PASS)
            scripts = [each for each in row.scripts if given.database in each.on]
            if row.nothing_yet:
                verdict.word, verdict.says = NOT_APPLICABLE, [row.nothing_yet]
            elif not scripts and not any(outcomes.get(node) for node in row.tests):
                verdict.word, verdict.says = NOT_APPLICABLE, [f"concerns {row.parts}"]
            judged(row, outcomes, verdict)
            for script in scripts:
                play(script, shops, verdict)
            verdict.seconds = time.monotonic() - began
            yield verdict
    finally:
        shops.close()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign faults", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="F14 F22 … (default: all)")
    parser.add_argument("--database", choices=BOTH, help="only on this one (default: on both)")
    parser.add_argument("--minutes", type=float, default=0.5, help="how long the long ones last: wiping Redis, F45 (0.5)")
    parser.add_argument("--seed", default="1", help="what is drawn is drawn from this (1)")
    parser.add_argument("--allow-missing", action="store_true", help="exit 0 although a row was skipped for want of a program")
    parser.add_argument("--json", action="store_true", help="the table as the last line")
    given = parser.parse_args(argv)
    wanted = {each for words in given.only for each in words.split(",")}
    rows = [row for row in TABLE if not wanted or row.id in wanted]
    began, verdicts = time.monotonic(), []
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="tuanma-faults-", dir="/tmp") as folder:
        for database in [given.database] if given.database else BOTH:
            for verdict in run(rows, Given(database, Path(folder), given.minutes, given.seed), say):
                verdicts.append(verdict)
                say(f"{verdict.row.id} {database:10} {verdict.word:14} {verdict.seconds:5.0f} s  {verdict.row.says}")
                for each in verdict.says:
                    say(f"{'':15}{each}")
    return tell(verdicts, time.monotonic() - began, as_json=given.json, allow_missing=given.allow_missing)


def say(line: str) -> None:
    print(line, flush=True)


def tell(verdicts: Sequence[Verdict], seconds: float, *, as_json: bool, allow_missing: bool) -> int:
    """Print the table; 1 when something failed, or was skipped and nobody allowed it."""
    counts = {word: sum(each.word == word for each in verdicts) for word in (PASS, FAIL, SKIP, NOT_APPLICABLE)}
    say("")
    for row in dict.fromkeys(each.row for each in verdicts):
        words = [f"{each.database} {each.word}" for each in verdicts if each.row is row]
        say(f"{row.id}  {', '.join(words):50}  {row.says}\n{'':5}how: {row.how}; parts: {row.parts}\n{'':5}must hold: {row.holds}")
    say("\n" + ", ".join(f"{count} {word}" for word, count in counts.items()) + f", {seconds:.0f} s")
    if as_json:
        table = [{"id": each.row.id, "database": each.database, "verdict": each.word, "says": each.says,
                  "seconds": round(each.seconds, 1)} for each in verdicts]
        say(json.dumps({"seconds": round(seconds), **counts, "rows": table}, ensure_ascii=False))
    return 1 if counts[FAIL] or not verdicts or (counts[SKIP] and not allow_missing) else 0


if __name__ == "__main__":
    sys.exit(main())
