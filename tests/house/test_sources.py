"""How the files are written: who commits, reads the clock, imports, listens, and what each module says of itself."""

import ast
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from backend.infra.shop_rules import RULES
from tests.house.sources import HOUSE, TESTS, Source, dotted, faults, imported, planted, sources

CLOCK_READS = re.compile(
    r"(^|\.)((datetime|date)\.(now|utcnow|today)|"
    r"time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|localtime|gmtime|ctime)|"
    r"func\.(now|current_timestamp|current_date|current_time|localtimestamp|clock_timestamp))$")
CLOCK_SQL = re.compile(r"\b(current_(timestamp|date|time)|clock_timestamp|now(?=\s*\()|julianday|unixepoch)", re.I)
CLOCK_NAMES = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base_service", "misc"}
BOOTSTRAP = ("backend/__main__.py", "backend/commands/_setup.py")
"""Runs before any dependency is installed."""


def commits(source: Source) -> Iterator[str]:
    """Only the unit of work commits; wxsim keeps books of its own, and what `bench` measures the shop against is no part of it."""
    if source.path in ("backend/infra/uow.py", "backend/commands/_bench_raw.py") or source.path.startswith("wxsim/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield f"line {node.lineno} commits"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (
                node.value.strip().rstrip(";").lower() in ("commit", "autocommit")):
            yield f"line {node.lineno} says {node.value!r}"


def engine_transactions(source: Source) -> Iterator[str]:
    """`engine.begin()` commits as well, without the word."""
    if source.path.startswith(("backend/infra/", "wxsim/", "migrations/")):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and re.search(r"\.begin(_nested)?$", dotted(node.func)):
            yield f"line {node.lineno} begins a transaction of its own"


def transactions(source: Source) -> Iterator[str]:
    """Use cases open transactions, and the worker does for its deliveries; nobody else."""
    if source.path.startswith(("backend/usecases/", "backend/infra/", "wxsim/")) or source.path == "backend/worker.py":
        return
    for name, statement in imported(source.tree):
        if name == "backend.infra.uow.transaction":
            yield f"line {statement.lineno} imports transaction"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("uow.transaction"):
            yield f"line {node.lineno} opens a transaction"


def clock_reads(source: Source) -> Iterator[str]:
    """Only the clock reads the time; wxsim has its own, and `doctor` compares the servers' clocks with ours."""
    if source.path in ("backend/infra/clock.py", "wxsim/clock.py", "backend/commands/_check_stores.py"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and CLOCK_READS.search(dotted(node)):
            yield f"line {node.lineno} reads the clock: {dotted(node)}"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if alias.name in CLOCK_NAMES:
                    yield f"line {node.lineno} imports time.{alias.name}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_sql(node.value):
            for found in CLOCK_SQL.finditer(node.value):
                yield f"line {node.lineno} lets the database tell the time: {found[0]}"


def _is_sql(text: str) -> bool:
    return re.search(r"\b(select|insert|update|delete|default|where|values)\b", text, re.I) is not None


def local_imports(source: Source) -> Iterator[str]:
    """Imports stand at the top; only the bootstrap loads a module by its name."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for name, statement in imported(node):
                yield f"line {statement.lineno} imports {name} inside a function"
        by_name = isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in ("import_module", "__import__")
        if by_name and source.path != "backend/__main__.py" and not source.path.startswith("tests/"):
            yield f"line {node.lineno} imports by name"


def listeners(source: Source) -> Iterator[str]:
    """SQLAlchemy's events serve the connections alone: nothing of the business happens in a listener."""
    if source.path == "backend/infra/db.py":
        return
    for name, statement in imported(source.tree):
        if name == "sqlalchemy.event" or name.startswith("sqlalchemy.event."):
            yield f"line {statement.lineno} imports sqlalchemy's events"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and re.search(r"(^|\.)event\.(listen|listens_for)$", dotted(node)):
            yield f"line {node.lineno} listens to sqlalchemy"


def wsgi_imports(source: Source) -> Iterator[str]:
    """Servers start wsgi.py by its name."""
    for name, statement in imported(source.tree):
        if name == "wsgi" or name.startswith("wsgi."):
            yield f"line {statement.lineno} imports wsgi"


def rules_from_the_environment(source: Source) -> Iterator[str]:
    """The shop's rules are those of `ctx.shop`; the environment holds only their defaults."""
    if source.path == "backend/queries/shop_rules.py":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in RULES and dotted(node.value).split(".")[-1] == "settings":
            yield f"line {node.lineno} reads {node.attr} from the settings"


def docstring(source: Source) -> Iterator[str]:
    """Every module says in one sentence what it is; a test package may be silent."""
    text = (ast.get_docstring(source.tree) or "").strip()
    if not text and source.path.startswith("tests/") and source.path.endswith("/__init__.py"):
        return
    if not text:
        yield "has no docstring"
    elif text.split("\n\n")[0].rstrip('"')[-1] not in ".:?)":
        yield "its docstring does not begin with a whole sentence"


def module_name(source: Source) -> Iterator[str]:
    """A thing without a home is a missing noun."""
    for word in source.name.split("."):
        if word.lstrip("_") in FORBIDDEN_NAMES:
            yield f"{word} says nothing"


def third_parties(source: Source) -> Iterator[str]:
    """The kernel and the bootstrap stand on the standard library alone."""
    if not source.path.startswith("backend/kernel/") and source.path not in BOOTSTRAP:
        return
    ours = ("backend.kernel.",) if source.path.startswith("backend/kernel/") else (
        "backend.infra.clock.", "backend.commands._process.")
    for name, statement in imported(source.tree):
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(ours):
            yield f"line {statement.lineno} imports {name}"


def prints(source: Source) -> Iterator[str]:
    """Only commands talk to a terminal; everybody else logs."""
    if source.path.startswith(("backend/commands/", "backend/__main__", "wxsim/__main__")):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in ("print", "breakpoint"):
            yield f"line {node.lineno} prints"


Check = Callable[[Source], Iterator[str]]

EVERYWHERE: list[tuple[Check, tuple[str, ...]]] = [
    (commits, HOUSE), (engine_transactions, HOUSE), (transactions, HOUSE), (clock_reads, HOUSE), (listeners, HOUSE),
    (prints, HOUSE), (third_parties, HOUSE), (local_imports, HOUSE + TESTS), (wsgi_imports, HOUSE + TESTS),
    (rules_from_the_environment, HOUSE), (docstring, HOUSE + TESTS), (module_name, HOUSE + TESTS),
]


@pytest.mark.parametrize(("check", "tops"), EVERYWHERE, ids=lambda each: getattr(each, "__name__", ""))
def test_the_house_is_kept(check: Check, tops: tuple[str, ...]) -> None:
    assert faults(check, *tops) == []


PLANTED: list[tuple[Check, str, str]] = [
    (commits, "backend/orders/store.py", "session.commit()"),
    (commits, "migrations/env.py", "connection.commit()"),
    (commits, "backend/queries/x.py", "rd.execute(text('COMMIT;'))"),
    (commits, "backend/worker.py", "engine.execution_options(isolation_level='AUTOCOMMIT')"),
    (engine_transactions, "backend/worker.py", "with write_engine().begin() as c: pass"),
    (engine_transactions, "backend/steps/x.py", "tx.connection.begin_nested()"),
    (transactions, "backend/steps/x.py", "from backend.infra.uow import Transaction, transaction"),
    (transactions, "miniprogram_api/x.py", "with uow.transaction(ctx): pass"),
    (clock_reads, "backend/orders/rules.py", "datetime.now(UTC)"),
    (clock_reads, "backend/orders/rules.py", "dt.datetime.utcnow()"),
    (clock_reads, "backend/orders/rules.py", "date.today()"),
    (clock_reads, "backend/worker.py", "began = time.monotonic()"),
    (clock_reads, "backend/worker.py", "make(clock=time.time)"),
    (clock_reads, "backend/worker.py", "from time import perf_counter, sleep"),
    (clock_reads, "wxsim/orders.py", "datetime.datetime.now()"),
    (clock_reads, "backend/orders/store.py", "update(T).values(at=func.now())"),
    (clock_reads, "backend/orders/store.py", "text('update orders set at = current_timestamp')"),
    (clock_reads, "backend/orders/store.py", "text('select now() as at')"),
    (listeners, "backend/orders/models.py", "from sqlalchemy import event"),
    (listeners, "backend/orders/models.py", "@sqlalchemy.event.listens_for(Order, 'after_insert')\ndef f(*a): pass"),
    (listeners, "backend/orders/models.py", "from sqlalchemy.event import listens_for"),
    (prints, "backend/usecases/place_order.py", "print(order)"),
    (third_parties, "backend/kernel/money.py", "import msgspec"),
    (third_parties, "backend/kernel/money.py", "from backend.infra.clock import real_now"),
    (third_parties, "backend/__main__.py", "from flask import Flask"),
    (third_parties, "backend/commands/_setup.py", "from backend.infra.settings import Settings"),
    (local_imports, "backend/orders/rules.py", "def f():\n    import json"),
    (local_imports, "backend/orders/rules.py", "class A:\n    async def f(self):\n        from a import b"),
    (local_imports, "backend/orders/rules.py", "store = importlib.import_module('backend.orders.store')"),
    (wsgi_imports, "backend/commands/api.py", "from wsgi import application"),
    (wsgi_imports, "tests/stories/x.py", "import wsgi"),
    (rules_from_the_environment, "backend/usecases/place_order.py", "x = ctx.settings.payment_minutes"),
    (rules_from_the_environment, "admin/x.py", "x = stage.ctx().settings.freight_fen"),
    (docstring, "backend/orders/rules.py", "x = 1"),
    (docstring, "backend/orders/__init__.py", ""),
    (docstring, "backend/orders/rules.py", "'''rules'''"),
    (module_name, "backend/orders/utils.py", ""),
    (module_name, "backend/common/money.py", ""),
    (module_name, "backend/commands/_helpers.py", ""),
    (module_name, "tests/base_service.py", ""),
]


@pytest.mark.parametrize(("check", "path", "text"), PLANTED)
def test_each_fault_is_seen(check: Check, path: str, text: str) -> None:
    assert list(check(planted(text, path)))


ALLOWED: list[tuple[Check, str, str]] = [
    (commits, "backend/infra/uow.py", "opened.commit()"),
    (commits, "wxsim/books.py", "self.connection.commit()"),
    (commits, "backend/commands/_bench_raw.py", "connection.commit()"),
    (commits, "backend/infra/uow.py", "'''Nothing but commit'''"),
    (clock_reads, "backend/infra/clock.py", "datetime.now(UTC)"),
    (clock_reads, "wxsim/clock.py", "time.time()"),
    (clock_reads, "backend/orders/rules.py", "ctx.now - order.paid_at, runtime.clock.now(), clock.time()"),
    (clock_reads, "backend/orders/rules.py", "datetime.combine(day, datetime.time())"),
    (local_imports, "backend/__main__.py", "def f():\n    importlib.import_module('backend.commands.up').main([])"),
    (listeners, "backend/infra/db.py", "from sqlalchemy import event"),
    (third_parties, "backend/kernel/money.py", "import re\nfrom backend.kernel.errors import Refused"),
    (docstring, "tests/__init__.py", ""),
    (docstring, "backend/a.py", "'''One sentence,\nover two lines.\n\nAnd more'''"),
]


@pytest.mark.parametrize(("check", "path", "text"), ALLOWED)
def test_what_is_allowed_is_no_fault(check: Check, path: str, text: str) -> None:
    assert list(check(planted(text, path))) == []


def test_every_check_has_been_seen_failing() -> None:
    assert {check for check, _ in EVERYWHERE} == {check for check, _, _ in PLANTED}


def test_the_house_was_looked_at() -> None:
    paths = {source.path for source in sources(*HOUSE)}
    assert {"backend/infra/uow.py", "backend/kernel/money.py", "miniprogram_api/__init__.py", "admin/base.py", "wsgi.py"} <= paths
    assert len(paths) > 100
