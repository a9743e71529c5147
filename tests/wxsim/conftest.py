"""One stand-in for the tests of this folder, cleared of faults for each; a listening shop and a merchant a test."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.mini_program import FIELDS, TEMPLATE, TOKEN, MiniProgram
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim, start_wxsim


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wxsim]:
    """The process that most tests share."""
    wx = start_wxsim(tmp_path_factory.mktemp("wxsim"))
    yield wx
    wx.stop()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A plain client."""
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def wx(running: Wxsim) -> Wxsim:
    """The shared stand-in without faults, its clock right, nothing left to deliver."""
    running.clock_file.unlink(missing_ok=True)
    running.clear_faults()
    running.control("DELETE", "/deliveries")
    return running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Wxsim]:
    """A stand-in of one's own, for tests that restart it or move its clock."""
    wx = start_wxsim(tmp_path)
    yield wx
    wx.stop()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A listening shop."""
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def merchant(wx: Wxsim, shop: Shop) -> Merchant:
    """A merchant of the shared stand-in whose notifications go to `shop`."""
    return Merchant(wx, shop.url)


@pytest.fixture
def mini(wx: Wxsim, http: httpx.Client) -> MiniProgram:
    """A mini-program at the shared stand-in, with one template."""
    wx.control("POST", "/templates", {"template_id": TEMPLATE, "title": "订单发货通知", "fields": FIELDS})
    return MiniProgram(wx, http)


@pytest.fixture
def pushed(wx: Wxsim, shop: Shop) -> Shop:
    """A shop to which events are pushed in plain mode."""
    wx.control("POST", "/message-push", {"url": shop.url, "token": TOKEN})
    return shop
