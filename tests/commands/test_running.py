"""How commands find the running shop, and what they do when there is none."""

import argparse
import os

import pytest

from backend.commands import _running, _secrets
from backend.commands._folder import Folder, Refused

pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture
def shop(folder: Folder) -> tuple[Folder, _running.Running]:
    drawn = _secrets.ensure(folder)
    running = _running.Running(
        data=folder.root,
        port=8123,
        database_url=f"sqlite:///{folder.database}",
        redis_url="redis://:password@127.0.0.1:7000/0",
        wxsim_url="http://127.0.0.1:7001",
        control_token=drawn["TUANMA_CONTROL_TOKEN"],
        clock_file=folder.clock,
        pid=os.getpid(),
    )
    _running.note(folder, running)
    return folder, running


def told(folder: Folder, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    _running.add_arguments(parser)
    return parser.parse_args(["--data", str(folder.root), *more])


def test_a_running_shop_is_found_with_all_it_noted(shop: tuple[Folder, _running.Running]) -> None:
    folder, running = shop
    with folder.held():
        assert _running.connect(told(folder)) == running
    assert folder.run.stat().st_mode & 0o777 == 0o600
    settings = _running.settings()
    assert settings.database == running.database_url
    assert settings.redis_url == running.redis_url
    assert (settings.wechat_url, settings.pay_url) == (running.wxsim_url, running.wxsim_url)
    assert settings.public_url == "http://127.0.0.1:8123"
    assert settings.clock == f"file:{folder.clock}"
    assert settings.data_dir == folder.root
    assert settings.field_keys.startswith("k1:")


def test_port_says_which_web_process_to_talk_to(shop: tuple[Folder, _running.Running]) -> None:
    folder, _ = shop
    with folder.held():
        running = _running.connect(told(folder, "--port", "9000"))
    assert running is not None and running.url == "http://127.0.0.1:9000"


def test_what_the_caller_has_set_stays(shop: tuple[Folder, _running.Running]) -> None:
    folder, _ = shop
    os.environ["DATABASE_URL"] = "sqlite:////elsewhere.db"
    with folder.held():
        _running.connect(told(folder))
    assert _running.settings().database == "sqlite:////elsewhere.db"


def test_a_shop_that_was_killed_does_not_count_as_running(shop: tuple[Folder, _running.Running]) -> None:
    folder, _ = shop
    with pytest.raises(Refused, match="No shop is running on .* start one with `python3 -m backend up --data "):
        _running.connect(told(folder))


def test_without_a_running_shop_the_folder_still_gives_its_secrets(shop: tuple[Folder, _running.Running]) -> None:
    folder, _ = shop
    assert _running.connect(told(folder), required=False) is None
    settings = _running.settings()
    assert settings.field_keys.startswith("k1:")
    assert settings.database == f"sqlite:///{folder.database}"
    assert settings.redis_url == ""


def test_production_takes_nothing_from_a_folder(shop: tuple[Folder, _running.Running]) -> None:
    folder, _ = shop
    os.environ["TUANMA_ENV"] = "production"
    with folder.held():
        assert _running.connect(told(folder), required=False) is None
        with pytest.raises(Refused, match="TUANMA_ENV=production"):
            _running.connect(told(folder))
    assert "TUANMA_SECRET_KEY" not in os.environ


def test_production_names_every_weak_secret_and_the_file_clock(shop: tuple[Folder, _running.Running]) -> None:
    os.environ |= {"TUANMA_ENV": "production", "TUANMA_CLOCK": "file:/tmp/clock", "TUANMA_SECRET_KEY": "short"}
    with pytest.raises(Refused) as refused:
        _running.settings()
    for fault in (
        "TUANMA_SECRET_KEY is too short",
        "TUANMA_FIELD_KEYS is missing",
        "TUANMA_CLOCK must be system in production",
        "DATABASE_URL is missing",
    ):
        assert fault in str(refused.value)


def test_a_setting_that_is_no_number_is_named(shop: tuple[Folder, _running.Running]) -> None:
    os.environ["TUANMA_PAYMENT_MINUTES"] = "soon"
    with pytest.raises(Refused, match="TUANMA_PAYMENT_MINUTES: Input should be a valid integer"):
        _running.settings()
