"""doctor: finds what is wrong, says what to do, and exits 1 only for failures."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from backend.commands import _check_outside, _check_stores, _findings, _process, doctor, migrate
from backend.commands._findings import Finding
from backend.commands._folder import Folder
from backend.infra.clock import FileClock, real_now
from backend.infra.settings import Settings
from tests import services
from tests.conftest import make_settings

pytestmark = pytest.mark.usefixtures("bare_environment")


def bad(findings: list[Finding]) -> list[str]:
    return [finding.line() for finding in findings if finding.level != "ok"]


def test_a_finding_is_one_line_with_its_cure() -> None:
    assert Finding("fail", "redis", "is away", "Start it").line() == "fail  redis      is away. Start it"
    assert Finding("ok", "redis", "answers").line() == "ok    redis      answers"


def test_private_files_are_fine_and_an_open_one_is_named_with_the_command_that_closes_it(shop_folder: Folder) -> None:
    shop_folder.mark.chmod(0o600)
    shop_folder.lock.chmod(0o600)
    assert bad(_findings.rights(shop_folder)) == []
    shop_folder.secrets.chmod(0o640)
    [line] = bad(_findings.rights(shop_folder))
    assert line.startswith("fail  files") and str(shop_folder.secrets) in line
    assert line.endswith(f"Run: chmod -R go= {shop_folder.root}")


def test_a_folder_that_is_not_there_has_no_rights_to_check(tmp_path: Path) -> None:
    assert _findings.rights(Folder(tmp_path / "none")) == []


def test_a_migrated_database_is_well_and_durable(settings: Settings) -> None:
    lines = [finding.line() for finding in _check_stores.database(settings)]
    assert any("its tables are up to date" in line for line in lines)
    if settings.database.startswith("sqlite"):
        assert bad(_check_stores.database(settings)) == []
        assert "ok    database   SQLite with WAL and synchronous=FULL" in lines
    else:  # the server of the tests runs without fsync: doctor must see it
        assert bad(_check_stores.database(settings)) == [
            "fail  database   fsync = off. Money needs fsync = on in postgresql.conf"
        ]
        assert "ok    database   synchronous_commit = on" in lines


def test_a_shop_without_an_address_for_returns_is_warned(settings: Settings) -> None:
    lines = [finding.line() for finding in _check_stores.database(settings)]
    assert "ok    shop       returned goods have an address to go to" in lines
    lacking = settings.model_copy(update={"return_phone": ""})
    [line] = [line for line in bad(_check_stores.database(lacking)) if " shop " in line]
    assert line.startswith("warn  shop       has no complete address for returns, so no return can be granted. Fill in")


def test_an_old_schema_is_a_failure_with_its_cure(settings: Settings) -> None:
    config = migrate.configuration(settings.database)
    migrate.command.downgrade(config, "base")
    [line] = [line for line in bad(_check_stores.database(settings)) if "tables" in line]
    assert line.startswith("fail  database   its tables are at None, the program at ")
    assert line.endswith("Run: python3 -m backend migrate")


def test_a_missing_sqlite_file_is_told_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    [line] = bad(_check_stores.database(make_settings(tmp_path, f"sqlite:///{path}")))
    assert "does not exist yet. Start the shop with" in line
    assert not path.exists()


def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://me:s3cret@127.0.0.1:{_process.free_port()}/shop"
    [line] = bad(_check_stores.database(make_settings(tmp_path, url)))
    assert line.startswith("fail  database")
    assert "Check DATABASE_URL and that the server runs" in line
    assert "s3cret" not in line


def test_redis_that_drops_jobs_or_keeps_no_log_is_told(tmp_path: Path) -> None:
    with services.valkey_server() as server:
        settings = make_settings(tmp_path, "sqlite://", redis_url=server.url)
        assert [line for line in bad(_check_stores.queue(settings)) if " redis " in line] == []
        with _check_stores.redis.Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("appendonly", "no")
        assert [line.split(".")[0] for line in bad(_check_stores.queue(settings))] == [
            "fail  redis      maxmemory-policy is allkeys-lru",
            "warn  redis      keeps no append-only file",
            "fail  worker     none is at work",
        ]
        server.kill()
        [line] = bad(_check_stores.queue(settings))
        assert line.startswith("fail  redis      cannot be used: ")


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (4, "ok"), (-20, "warn"), (20, "warn"), (90, "fail"), (-90, "fail")]
)
def test_clocks_may_be_5_seconds_apart_and_must_not_be_a_minute(seconds: int, level: str) -> None:
    assert _check_stores.skew("Redis", real_now() + timedelta(seconds=seconds)).level == level


def test_a_moved_clock_is_told(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "sqlite://")
    FileClock(tmp_path / "clock").move_to(real_now() + timedelta(days=3))
    [finding] = _check_outside.clock(settings)
    assert (finding.level, finding.says) == ("ok", "the shop's clock was moved by +3.00 days")


@pytest.mark.parametrize(("required", "level"), [(True, "fail"), (False, "warn")])
def test_a_silent_wechat_fails_where_it_is_needed_and_is_asked_once_per_address(
    tmp_path: Path, required: bool, level: str
) -> None:
    silent = f"http://127.0.0.1:{_process.free_port()}"
    settings = make_settings(tmp_path, "sqlite://", wechat_url=silent, pay_url=silent)
    [finding] = _check_outside.wechat(settings, required)
    assert (finding.level, finding.cure) == (level, "Check the way out: DNS, firewall, proxy")


def test_a_web_that_is_away_is_told() -> None:
    [finding] = _check_outside.web(_process.free_port())
    assert (finding.level, finding.cure) == ("fail", "Start it: python3 -m backend api")


def test_bad_settings_are_the_first_thing_told_and_the_exit_code_is_1(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["TUANMA_ENV"] = "production"
    assert doctor.main(["--data", str(folder.root)]) == 1
    says = capsys.readouterr().out
    assert says.startswith("fail  settings   The settings cannot be used: TUANMA_SECRET_KEY is missing")
    assert says.endswith("Something has to be done.\n")
