"""Gateways are made from settings: real clients, clear refusals where settings are missing, no call at start."""

from datetime import date

import pytest

from backend.gateways import Gateways, build_gateways, refusals
from backend.gateways.files import FolderFiles
from backend.gateways.wechat_mini import MiniProgramClient
from backend.gateways.wechat_pay import WeChatPayClient
from backend.infra.settings import Settings
from backend.kernel.errors import Kind, Refused
from tests.gateways.playing_wechat import (
    API_V3_KEY,
    APPID,
    MCHID,
    MERCHANT_SERIAL,
    SERIAL,
    Clock,
    private_pem,
    public_pem,
)


@pytest.fixture
def keys(tmp_path):
    (tmp_path / "merchant.pem").write_bytes(private_pem("merchant"))
    (tmp_path / "platform.pem").write_bytes(public_pem("platform"))
    return tmp_path


def make(folder, **changes) -> Gateways:
    values = {
        "data_dir": folder, "wechat_appid": APPID, "wechat_app_secret": "s" * 32, "pay_mchid": MCHID,
        "pay_serial": MERCHANT_SERIAL, "pay_private_key_file": folder / "merchant.pem", "pay_api_v3_key": API_V3_KEY,
        "pay_public_keys": f"{SERIAL}={folder / 'platform.pem'}",
    }  # fmt: skip
    return build_gateways(Settings(**values | changes), clock=Clock())


def test_all_set(keys):
    made = make(keys)
    assert isinstance(made.mini, MiniProgramClient) and isinstance(made.pay, WeChatPayClient)
    assert isinstance(made.files, FolderFiles) and made.files.root == keys / "files"


def test_nothing_set_refuses_every_call(tmp_path):
    made = make(tmp_path, wechat_appid="", pay_mchid="")
    for call in (
        lambda: made.mini.session("c"),
        lambda: made.pay.query("pay_01"),
        lambda: made.pay.read_notification({}, b"", Clock().now()),
        lambda: made.pay.trade_bill(date(2026, 3, 1)),
    ):
        with pytest.raises(Refused) as caught:
            call()
        assert (caught.value.kind, caught.value.code) == (Kind.UNAVAILABLE, "wechat_not_configured")


@pytest.mark.parametrize(
    "changes",
    [{"pay_private_key_file": None}, {"pay_public_keys": ""}, {"pay_api_v3_key": "short"}, {"pay_url": "http://pay.example"},
     {"wechat_url": "http://api.example"}],
)  # fmt: skip
def test_half_set_is_refused_at_start(keys, changes):
    with pytest.raises(ValueError):
        make(keys, **changes)


def test_a_missing_key_file_is_refused_at_start(keys):
    (keys / "merchant.pem").unlink()
    with pytest.raises(OSError):
        make(keys)


def test_every_refusal_speaks_both_languages():
    declared = [value for value in vars(refusals).values() if type(value).__name__ == "Refusal"]
    assert len(declared) == 10 and len({refusal.code for refusal in declared}) == 10
    for refusal in declared:
        assert not refusal.zh.isascii() and refusal.en.isascii()
