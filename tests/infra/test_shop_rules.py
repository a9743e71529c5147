"""The shop's rules: bounds declared once, the database above the environment, known to every process within seconds."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from backend.app import runtime
from backend.context import Context
from backend.infra import shop_rules
from backend.infra.settings import Settings
from backend.infra.shop_rules import FRESH_SECONDS, GROUPS, RULES, UNITS, RuleBook, ShopRules, overridden
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from tests.counting import counted
from tests.given_orders import STAFF

Ctx = Callable[..., Context]


def put(ctx: Context, name: str, value: Any, seen: int = 0) -> None:
    with transaction(ctx) as tx:
        shop_rules.set_rule(tx, name, value, seen)


def test_every_rule_is_declared_whole() -> None:
    for name, rule in RULES.items():
        assert rule.group in GROUPS and rule.unit in UNITS, name
        assert rule.zh and rule.en and rule.why_zh.endswith("。") and rule.why_en.endswith("."), name
        assert rule.checked(getattr(ShopRules(), name)) == getattr(ShopRules(), name), name
        assert hasattr(Settings(), name)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.unit not in ("text", "provinces")])
def test_numbers_are_bounded_for_the_form_as_for_the_environment(name: str) -> None:
    rule = RULES[name]
    for good in (rule.lowest, rule.highest):
        assert rule.checked(good) == good
        assert getattr(Settings(**{name: good}), name) == good
    for bad in (rule.lowest - 1, rule.highest + 1, True, 1.5, "7", None):
        with pytest.raises(Refused) as caught:
            rule.checked(bad)
        assert caught.value.code == "rule_out_of_bounds"
        assert caught.value.details["name"] == name


@pytest.mark.parametrize(("given", "kept"), [("", ""), ("65", "65"), ("65,54,65", "54,65"), (",65,", "65")])
def test_provinces_are_kept_once_and_in_order(given: str, kept: str) -> None:
    assert RULES["far_provinces"].checked(given) == kept


@pytest.mark.parametrize("bad", ["9", "99", "01", "6５", "65;54", "65 54", "新疆", 65, None, ["65"]])
def test_what_is_no_province_is_refused(bad: Any) -> None:
    with pytest.raises(Refused) as caught:
        RULES["no_courier_provinces"].checked(bad)
    assert caught.value.code == "rule_provinces"


@pytest.mark.parametrize(("given", "kept"), [
    (" 橙家 \u202e果园\n", "橙家 果园"), ("a\x00b", "ab"), ("é", "é")])
def test_texts_are_cleaned(given: str, kept: str) -> None:
    assert RULES["shop_name"].checked(given) == kept


@pytest.mark.parametrize("bad", ["", "  ", "\u200b", "字" * 21, 7, None])
def test_texts_are_bounded(bad: Any) -> None:
    with pytest.raises(Refused) as caught:
        RULES["shop_name"].checked(bad)
    assert caught.value.code == "rule_text"


def test_amounts_are_told_in_yuan() -> None:
    with pytest.raises(Refused) as caught:
        RULES["freight_fen"].checked(100_001)
    assert "1000.00" in caught.value.sentence("zh")


def test_what_no_longer_fits_is_left_out() -> None:
    rules = overridden(ShopRules(payment_minutes=20), {"payment_minutes": 0, "freight_fen": 1200, "gone": 1, "shop_name": 7})
    assert (rules.payment_minutes, rules.freight_fen, rules.shop_name) == (20, 1200, "团码商城")


def test_the_database_stands_above_the_environment(app: Flask, ctx: Ctx) -> None:
    assert ctx().shop.payment_minutes == 15
    put(ctx(STAFF), "payment_minutes", 45)
    assert ctx().shop.payment_minutes == 15, "known for some seconds"
    runtime(app).rules.forget()
    assert ctx().shop.payment_minutes == 45
    put(ctx(STAFF), "payment_minutes", None, 1)
    runtime(app).rules.forget()
    assert ctx().shop.payment_minutes == 15


def test_a_stale_version_sets_nothing(ctx: Ctx, rows: Callable[..., list[dict[str, Any]]]) -> None:
    put(ctx(STAFF), "payment_minutes", 45)
    for seen in (0, 2):
        with pytest.raises(Refused) as caught:
            put(ctx(STAFF), "payment_minutes", 50, seen)
        assert caught.value.code == "rule_changed_meanwhile"
    assert [(row["name"], row["version"]) for row in rows("select * from shop_settings")] == [("payment_minutes", 1)]


def test_hot_paths_pay_no_statement(app: Flask, ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 1000.0
    monkeypatch.setattr(shop_rules, "ticks", lambda: at)
    runtime(app).rules.forget()
    with counted(everything=True) as statements:
        for _ in range(100):
            assert ctx().shop.freight_fen == 800
    assert len(statements) == 1
    at += FRESH_SECONDS - 0.1
    with counted(everything=True) as statements:
        assert ctx().shop.freight_fen == 800
    assert statements == []
    at += 0.2
    with counted(everything=True) as statements:
        assert ctx().shop.freight_fen == 800
    assert len(statements) == 1


def test_without_the_database_the_last_known_rules_count(app: Flask, ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> None:
    put(ctx(STAFF), "payment_minutes", 45)
    rules: RuleBook = runtime(app).rules
    rules.forget()
    assert ctx().shop.payment_minutes == 45
    rules.forget()
    monkeypatch.setattr(shop_rules, "_VALUES", text("select name, value from absent"))
    assert ctx().shop.payment_minutes == 45


OTHER_PROCESS = """
import sys
from backend.app import create_app, runtime
from backend.kernel.actors import SYSTEM
app = create_app()
with app.app_context():
    for line in sys.stdin:
        print(runtime(app).context(SYSTEM).shop.payment_minutes, flush=True)
"""


def test_another_process_knows_within_seconds(settings: Settings, ctx: Ctx) -> None:
    environment = {"DATABASE_URL": settings.database_url, "TUANMA_ENV": "test", "TUANMA_DATA_DIR": str(settings.data_dir),
                   "TUANMA_FIELD_KEYS": settings.field_keys, "TUANMA_INDEX_KEY": settings.index_key,
                   "TUANMA_WECHAT_APPID": settings.wechat_appid, "TUANMA_WECHAT_APP_SECRET": settings.wechat_app_secret}
    with subprocess.Popen([sys.executable, "-c", OTHER_PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=os.environ | environment) as other:
        assert other.stdin and other.stdout

        def asked() -> int:
            print(file=other.stdin, flush=True)
            return int(other.stdout.readline())

        assert asked() == 15
        put(ctx(STAFF), "payment_minutes", 45)
        for _ in range(200):
            if asked() == 45:
                break
            time.sleep(0.1)
        assert asked() == 45
        other.stdin.close()
