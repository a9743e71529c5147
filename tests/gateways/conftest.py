"""The real gateways, made from settings, against the stand-in for WeChat running as a process of its own."""

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.gateways import Gateways, build_gateways
from backend.gateways.wechat_pay_notifications import Notification
from backend.infra.clock import FileClock
from backend.infra.settings import Settings
from tests.wxsim.shop import Shop, Taken
from tests.wxsim_server import Wxsim, start_wxsim

NUMBERS = itertools.count(1)


@dataclass
class Seller:
    """Our side: the gateways under test and a shop that keeps the notifications it is sent."""

    wx: Wxsim
    shop: Shop
    gateways: Gateways
    clock: FileClock
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def order(self, user: str = "buyer", fen: int = 1234) -> str:
        """The number of an order that is open at WeChat."""
        number = f"pay_{next(NUMBERS):08d}"
        self.made[number] = {
            "out_trade_no": number, "description": "红富士苹果 5 斤", "total_fen": fen, "openid": self.wx.openid(user),
            "expires_at": self.now + timedelta(minutes=15), "notify_url": self.shop.url,
        }  # fmt: skip
        self.made[number]["prepay_id"] = self.gateways.pay.prepay(**self.made[number])
        return number

    def again(self, number: str, **changes: Any) -> str:
        """Opens it once more, with changes or without."""
        arguments = {name: value for name, value in self.made[number].items() if name != "prepay_id"}
        return self.gateways.pay.prepay(**arguments | changes)

    def paid(self, user: str = "buyer", fen: int = 1234) -> str:
        """The number of an order that the user has paid, its notification delivered."""
        number = self.order(user, fen)
        assert self.tap(number, user)["delivered"]
        return number

    def tap(self, number: str, user: str = "buyer") -> dict[str, Any]:
        return self.wx.pay(user, self.gateways.pay.client_params(self.made[number]["prepay_id"], self.now))

    def refund(self, number: str, fen: int, refund: str | None = None, total: int = 1234):
        name = refund or f"ref_{next(NUMBERS):08d}"
        return self.gateways.pay.refund(number, name, fen, total, "商品退款", self.shop.url)

    def read(self, taken: Taken) -> Notification:
        return self.gateways.pay.read_notification(taken.headers, taken.body, self.now)

    @property
    def now(self) -> datetime:
        return self.clock.now()


def settings_for(wx: Wxsim, **changes: Any) -> Settings:
    """The settings of a shop at this stand-in, its keys in files."""
    (wx.folder / "merchant.pem").write_text(wx.merchant_private_key)
    (wx.folder / "platform.pem").write_text(wx.platform_public_key)
    values = {
        "data_dir": wx.folder / "shop", "clock": f"file:{wx.clock_file}", "wechat_appid": wx.appid,
        "wechat_app_secret": wx.app_secret, "wechat_url": wx.url, "pay_url": wx.url, "pay_mchid": wx.mchid,
        "pay_serial": wx.merchant_serial, "pay_private_key_file": wx.folder / "merchant.pem",
        "pay_api_v3_key": wx.api_v3_key, "pay_public_keys": f"{wx.platform_public_key_id}={wx.folder / 'platform.pem'}",
    }  # fmt: skip
    return Settings(**values | changes)


@functools.cache
def gateways_for(folder: Path, url: str, **changes: Any) -> Gateways:
    """Made once for each stand-in and settings, as a shop makes them once."""
    settings = settings_for(Wxsim(folder, url=url), **changes)
    return build_gateways(settings, clock=FileClock(Wxsim(folder).clock_file))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wxsim]:
    wx = start_wxsim(tmp_path_factory.mktemp("gateways-wxsim"))
    yield wx
    wx.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Wxsim]:
    """A stand-in of one's own, for a test that moves its clock."""
    wx = start_wxsim(tmp_path)
    yield wx
    wx.stop()


@pytest.fixture
def sell() -> Iterator[Callable[..., Seller]]:
    """`sell(wx)` makes a seller at that stand-in; its shop closes with the test."""
    shops: list[Shop] = []

    def start(wx: Wxsim, **changes: Any) -> Seller:
        shops.append(Shop())
        return Seller(wx, shops[-1], gateways_for(wx.folder, wx.url, **changes), FileClock(wx.clock_file))

    yield start
    for shop in shops:
        shop.close()


@pytest.fixture
def seller(running: Wxsim, sell: Callable[..., Seller]) -> Seller:
    """A seller at the shared stand-in, which has no faults armed and the right time."""
    running.clock_file.unlink(missing_ok=True)
    running.clear_faults()
    return sell(running)
