"""Fixtures of the whole suite: both databases migrated once and copied per test, a clock to move, contexts to act in."""

import base64
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings as hypothesis_settings

from backend.app import create_app, runtime
from backend.context import Context
from backend.infra import passwords
from backend.infra.clock import FileClock
from backend.infra.db import Base, db
from backend.infra.settings import Settings
from backend.kernel.actors import SYSTEM
from tests import services
from tests.databases import Emptied, hasten
from tests.fakes import FakeWorld
from tests.given_orders import Shop

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday noon in China: where every test's clock starts."""


hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")
"""How long an example takes depends on who else is busy. `--hypothesis-profile` still chooses another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a campaign asks for beyond a run of the tests (`python3 -m backend campaign`)."""
    parser.addoption("--preemptions", type=int, default=0, help="play all schedules with so many preemptions")
    parser.addoption("--draws", type=int, default=4, help="how many schedules of four actors are drawn")
    parser.addoption("--seed", default="1", help="what they are drawn from")


HOUSE_PASSWORDS = passwords._HASHER, passwords._NOBODY


@pytest.fixture
def house_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as the house does."""
    monkeypatch.setattr(passwords, "_HASHER", HOUSE_PASSWORDS[0])
    monkeypatch.setattr(passwords, "_NOBODY", HOUSE_PASSWORDS[1])


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed with the function of the house, but at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", quick := PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords, "_NOBODY", quick.hash("nobody"))
        yield


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    template = services.kept("sqlite", ROOT / "migrations")
    with services.making(template) as place:
        if place is not None:
            migrate(f"sqlite:///{place}")
    return template


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with services.postgres(services.Prepared(make_template, services.kept("postgres", ROOT / "migrations"))) as url:
        yield url


def make_template(server: str) -> None:
    """The database `tuanma_template` on a server, migrated."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("drop database if exists tuanma_template")
        connection.exec_driver_sql("create database tuanma_template")
    migrate(named(server, "tuanma_template"))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> sa.Engine:
    """An engine for CREATE DATABASE; the database `tuanma_template` is migrated."""
    return sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)


def a_database(request: pytest.FixtureRequest, folder: Path, name: str) -> str:
    """The URL of a migrated database of one's own, of the kind of `request.param`, for a fixture of more than one test."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "tuanma.db")
        return f"sqlite:///{folder / 'tuanma.db'}"
    engine: sa.Engine = request.getfixturevalue("postgres_template")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {name} with (force)")
        connection.exec_driver_sql(f"create database {name} template tuanma_template")
    return named(request.getfixturevalue("postgres_server"), name)


@pytest.fixture(scope="session")
def emptied(postgres_template: sa.Engine) -> Emptied:
    """The one PostgreSQL database of this process."""
    return Emptied(postgres_template)


@pytest.fixture(scope="session")
def replica_server(emptied: Emptied) -> Iterator[str]:
    """A streaming replica of the run's PostgreSQL, of the database that tests are given."""
    with services.replica(emptied.empty()) as url:
        yield url


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    with services.valkey() as url:
        yield url


def named(url: str, database: str) -> str:
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "tuanma.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("emptied").empty()


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    """The business clock; `clock.move_to(at)` moves it."""
    clock = FileClock(tmp_path / "clock")
    clock.move_to(NOON)
    return clock


@pytest.fixture
def settings(tmp_path: Path, database_url: str, clock: FileClock) -> Settings:
    return make_settings(tmp_path, database_url)


def make_settings(folder: Path, database_url: str, **more: Any) -> Settings:
    """Settings of a test installation in `folder`."""
    values: dict[str, Any] = {
        "env": "test", "data_dir": folder, "clock": f"file:{folder / 'clock'}", "database_url": database_url,
        "redis_url": "", "secret_key": "a-secret-key-for-tests-only-0123456789",
        "field_keys": "k1:" + base64.b64encode(bytes(range(32))).decode(),
        "index_key": base64.b64encode(bytes(range(32, 64))).decode(), "wechat_appid": "wx1234567890abcdef",
        "wechat_app_secret": "app-secret-for-tests-0123456789ab", "pay_mchid": "1900000001", "pay_serial": "SERIAL01",
        "pay_api_v3_key": "0123456789abcdef0123456789abcdef", "public_url": "http://127.0.0.1:1",
        "push_token": "PushTokenOfTheTests", "template_shipped": "TemplateShipped01 character_string1=number thing2=goods",
        "template_refunded": "TemplateRefunded1 amount1=amount thing2=goods time3=time",
        "template_ready": "TemplateReady0001 thing1=goods thing2=point", "log_level": "WARNING", "catalogue_seconds": 0,
        "return_name": "退货组", "return_phone": "0571-88001024", "return_address": "浙江省杭州市西湖区文三路478号",
    }
    return Settings(**(values | more))


@pytest.fixture
def world() -> FakeWorld:
    """A scripted WeChat: what it knows, what it was asked, what it should answer."""
    return FakeWorld()


@pytest.fixture
def app(settings: Settings, world: FakeWorld) -> Iterator[Flask]:
    """The bare app on a fresh database, with an open app context."""
    app = create_app(settings, world.gateways(settings))
    with app.app_context():
        hasten()
        yield app
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def ctx(app: Flask) -> Callable[..., Context]:
    """`ctx(actor)` → a Context of now, acting as `actor` (the system by default)."""
    return lambda actor=SYSTEM, **more: runtime(app).context(actor, **more)


@pytest.fixture
def later(clock: FileClock) -> Callable[..., datetime]:
    """`later(minutes=16)` moves the business clock on and returns where it stands."""

    def move(**delta: float) -> datetime:
        clock.move_to(clock.now() + timedelta(**delta))
        return clock.now()

    return move


@pytest.fixture
def rows(app: Flask) -> Callable[..., list[dict[str, Any]]]:
    """`rows("select …", name=value)` → dictionaries, for assertions."""

    def query(statement: str, **params: Any) -> list[dict[str, Any]]:
        with db.engines["read"].connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), params).mappings()]

    return query


@pytest.fixture
def snapshot(app: Flask) -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """All rows of all tables, to assert that a refusal changed nothing."""

    def take() -> dict[str, list[tuple[Any, ...]]]:
        with db.engines["read"].connect() as connection:  # plainly: a test's engine would compile a hundred statements anew
            return {name: sorted(tuple(map(str, row)) for row in connection.exec_driver_sql(f'select * from "{name}"'))
                    for name in Base.metadata.tables}

    return take


@pytest.fixture
def shop(ctx: Callable[..., Context], world: FakeWorld, rows: Callable[..., list[dict[str, Any]]]) -> Shop:
    """A shop with helpers for orders in any state."""
    return Shop(ctx, world, rows=rows)
