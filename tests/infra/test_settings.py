"""Settings come from the environment; production names every missing, short or example secret and takes none."""

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from backend.infra.settings import SECRETS, Settings, load_settings, production_faults

GOOD = {
    "env": "production",
    "database_url": "postgresql://tuanma@db/tuanma",
    "redis_url": "redis://cache:6379/0",
    "secret_key": "p9Zr4QmX7vTk2WcB6nLs8HdJ3fYg5aRe",
    "field_keys": "k1:" + base64.b64encode(bytes(range(32))).decode(),
    "index_key": base64.b64encode(bytes(range(100, 132))).decode(),
    "wechat_appid": "wx8888888888888888",
    "wechat_app_secret": "b7f3c1d9e5a04826b7f3c1d9e5a04826",
    "pay_mchid": "1900000109",
    "pay_serial": "5157F09EFDC096DE15EBE81A47057A72",
    "pay_private_key_file": Path("/etc/tuanma/pay.pem"),
    "pay_api_v3_key": "Q7w2E9r4T1y6U3i8O5p0A7s2D9f4G1h6",
    "push_token": "Kd8sJw2mQx7LpZ4v",
    "push_aes_key": "qWx7LpZ4vKd8sJw2mR5tY9uB3nC6hF1gE0aS2dV4kM8",
    "pay_public_keys": "PUB_KEY_ID_1=/etc/tuanma/platform.pem",
    "public_url": "https://mall.example.cn",
}


def production(**other: object) -> Settings:
    return Settings(**(GOOD | other))  # type: ignore[arg-type]


def faults(**other: object) -> list[str]:
    return production_faults(Settings(**(GOOD | other | {"env": "test"})))  # type: ignore[arg-type]


def test_fit_settings_are_taken() -> None:
    settings = production()
    assert settings.production
    assert production_faults(settings) == []


@pytest.mark.parametrize("name", [
    *SECRETS, "wechat_appid", "pay_mchid", "pay_serial", "pay_public_keys", "public_url", "database_url", "redis_url"])
def test_production_names_what_is_missing(name: str) -> None:
    label = name.upper() if name in ("database_url", "redis_url") else f"TUANMA_{name.upper()}"
    assert faults(**{name: ""}) == [f"{label} is missing"]
    with pytest.raises(ValueError, match=f"{label} is missing"):
        production(**{name: ""})


def test_production_wants_the_merchants_key_file() -> None:
    assert faults(pay_private_key_file=None) == ["TUANMA_PAY_PRIVATE_KEY_FILE is missing"]


@pytest.mark.parametrize("name", SECRETS)
def test_production_refuses_short_and_simple_secrets(name: str) -> None:
    for value in (str(GOOD[name])[: SECRETS[name] - 1], "a" * 64, "abc" * 30):
        assert faults(**{name: value}) == [f"TUANMA_{name.upper()} is too short or too simple"], value


@pytest.mark.parametrize("value", [
    "this-is-an-example-key-0123456789abcdef", "CHANGEME-p9Zr4QmX7vTk2WcB6nLs8HdJ",
    "p9Zr4QmX7vTk-change-me-6nLs8HdJ3fYg",
    "secret-p9Zr4QmX7vTk2WcB6nLs8HdJ3", "test-p9Zr4QmX7vTk2WcB6nLs8HdJ3fYg", "Demo-p9Zr4QmX7vTk2WcB6nLs8HdJ3fYg",
    "xxxxp9Zr4QmX7vTk2WcB6nLs8HdJ3fYg", "0000p9Zr4QmX7vTk2WcB6nLs8HdJ3fYg", "123456789abcdefghijklmnopqrstuvwxyz",
])
def test_production_refuses_example_secrets(value: str) -> None:
    assert faults(secret_key=value) == ["TUANMA_SECRET_KEY is an example value"]


@pytest.mark.parametrize("clock", ["file:/tmp/clock", "", "wall"])
def test_production_tells_its_own_time(clock: str) -> None:
    assert faults(clock=clock) == ["TUANMA_CLOCK must be system in production"]


@pytest.mark.parametrize("url", ["http://mall.example.cn", "mall.example.cn", "ftp://mall.example.cn"])
def test_production_is_notified_over_https(url: str) -> None:
    assert faults(public_url=url) == ["TUANMA_PUBLIC_URL must be https in production"]


def test_production_names_all_faults_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        production(secret_key="", clock="file:/tmp/clock", public_url="http://mall")
    for fault in ("TUANMA_SECRET_KEY is missing", "TUANMA_CLOCK must be system", "TUANMA_PUBLIC_URL must be https"):
        assert fault in str(caught.value)


def test_what_is_refused_is_not_repeated() -> None:
    secret = "hunter2hunter2"
    with pytest.raises(ValidationError) as caught:
        production(secret_key=secret)
    assert "too short" in str(caught.value)
    assert secret not in str(caught.value)
    assert str(GOOD["pay_api_v3_key"]) not in repr(caught.value)
    with pytest.raises(ValidationError) as caught:
        Settings(payment_minutes=secret)  # type: ignore[arg-type]
    assert secret not in str(caught.value)


@pytest.mark.parametrize("env", ["development", "test"])
def test_elsewhere_nothing_is_needed(env: str) -> None:
    assert not Settings(env=env, clock="file:x").production  # type: ignore[arg-type]


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(env="staging")  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [
    ("payment_minutes", 0), ("payment_minutes", 1441), ("unpaid_orders_limit", 0), ("freight_fen", -1),
    ("freight_fen", 10**9 + 1),
    ("freight_fen", "8.5"), ("web_threads", 0), ("session_days", 0),
])
def test_numbers_stay_in_their_bounds(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: value})


@pytest.mark.parametrize(("given", "url"), [
    ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
    ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
    ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
])
def test_database_addresses(given: str, url: str) -> None:
    assert Settings(database_url=given).database == url


def test_without_an_address_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert Settings(database_url="", data_dir=tmp_path).database == f"sqlite:///{tmp_path}/tuanma.db"


def test_the_environment_is_read_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUANMA_FREIGHT_FEN", "900")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///env.db")
    monkeypatch.setenv("REDIS_URL", "redis://env")
    settings = load_settings()
    assert (settings.freight_fen, settings.database_url, settings.redis_url) == (900, "sqlite:///env.db", "redis://env")
    assert load_settings(freight_fen=700, database_url="sqlite:///x.db").freight_fen == 700
    assert load_settings(database_url="sqlite:///x.db").database_url == "sqlite:///x.db"


def test_notifications_come_to_the_public_address() -> None:
    settings = Settings(public_url="https://mall.cn/")
    assert settings.payments_notify_url == "https://mall.cn/callbacks/wechat-pay/payments"
    assert settings.refunds_notify_url == "https://mall.cn/callbacks/wechat-pay/refunds"


@pytest.mark.parametrize("text", [
    "short thing1=goods", "TemplateShipped01", "TemplateShipped01 thing1=phone", "TemplateShipped01 thing=goods",
    "TemplateShipped01 " + " ".join(f"thing{number}=goods" for number in range(6)), "TemplateShipped01  thing1=goods"])
def test_message_templates_are_read_at_start(text: str) -> None:
    assert Settings(template_shipped="TemplateShipped01 thing1=goods time2=time").message_templates["shipped"]
    with pytest.raises(ValidationError):
        Settings(template_shipped=text)


def test_a_replica_is_one_of_postgresql() -> None:
    assert Settings(database_url="postgres://a/b", database_read_url="postgres://c/d").replica == "postgresql+psycopg://c/d"
    for database, copy in (("", "postgresql://c/d"), ("postgresql://a/b", "sqlite:///copy.db")):
        with pytest.raises(ValidationError, match="DATABASE_READ_URL"):
            Settings(database_url=database, database_read_url=copy)
