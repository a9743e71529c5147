"""`story` on a real `up`: told to its end in Chinese, and in English until WeChat's bill is made to differ."""

import sqlite3
import sys
from pathlib import Path

import pytest

from backend.commands._phone import Phone
from tests.commands.open_shop import OpenShop, open_shop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def one(shop: OpenShop, statement: str) -> tuple[object, ...]:
    with sqlite3.connect(f"file:{shop.folder.database}?mode=ro", uri=True) as connection:
        (row,) = connection.execute(statement).fetchall()
    return row


def test_a_day_is_played_to_its_end_and_the_next_one_fails_where_the_bill_differs(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        wxsim = Phone(shop.noted["wxsim_url"], shop.noted["control_token"])
        played_to_its_end(shop, wxsim)
        fails_when_the_bill_differs(shop, wxsim)


def played_to_its_end(shop: OpenShop, wxsim: Phone) -> None:
    done = shop.run("story")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    scenes = [line for line in lines if line[:3].strip(" .").isdigit()]
    assert len(scenes) == 18
    assert scenes[0].endswith("09:00]") and scenes[-1].endswith("10:31]")
    assert "    · 付款 ¥119.80，通知验签通过，订单“待发货”" in lines
    assert lines[-1].startswith("故事讲完了：") and "全部一致" in lines[-1]
    # 11980 for the order, 5580 that came too late, 7200 picked up; 5580, one pack refunded and one returned at 2390 went back.
    bill = one(shop, "select payments, payments_fen, refunds, refunds_fen, differences from bills where payments > 0")
    assert bill == (3, 24760, 3, 10360, 0)
    assert one(shop, "select count(*) from refunds where state <> 'succeeded'") == (0,)
    assert one(shop, "select count(*) from products where on_shelf") == (0,)
    assert one(shop, "select count(*) from stock_levels where reserved > 0") == (0,)
    assert wxsim.status().quiet


def fails_when_the_bill_differs(shop: OpenShop, wxsim: Phone) -> None:
    wxsim.arm("bill-row-changed", fen=1, times=None)
    done = shop.run("story", "--english")
    assert done.returncode == 1
    assert "    · ¥119.80 paid, the notification is genuine, the order is “To be shipped”" in done.stdout.splitlines()
    assert "The end" not in done.stdout
    assert done.stderr.startswith("The story went wrong: Differs: numbers of this story on which books and bill")
    assert "theirs_fen=11981" in done.stderr
    assert one(shop, "select count(*) from products where on_shelf") == (0,)
