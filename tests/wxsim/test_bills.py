"""Bills: ready at ten the next day, add up with what was paid and refunded, and differ where they are told to."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim_server import start_wxsim

CHINA = timezone(timedelta(hours=8))
DAY = "2026-03-10"
TRADES = {"bill-one": 10_000, "bill-two": 3_333, "bill-three": 1}


@dataclass
class Bill:
    """A downloaded bill, taken apart."""

    rows: list[dict[str, str]]
    summary: dict[str, str]


@pytest.fixture(scope="module")
def shopkeeper(tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    """Three trades and two refunds on one China day (the second refund lies in a later one), seen two days later."""
    wx = start_wxsim(tmp_path_factory.mktemp("bills"))
    merchant = Merchant(wx)
    go_to(merchant, "2026-03-10T00:00:05")
    merchant.paid("bill-one", TRADES["bill-one"], description="蓝莓, 四盒", attach="a,b")
    merchant.refund("bill-one", "bill-one-r1", 2_500, 10_000)
    go_to(merchant, "2026-03-10T12:00:00")
    merchant.paid("bill-two", TRADES["bill-two"])
    merchant.refund("bill-two", "bill-two-r1", 3_333, 3_333)
    go_to(merchant, "2026-03-10T23:59:50")
    merchant.paid("bill-three", TRADES["bill-three"])
    merchant.order("bill-unpaid", 777)
    go_to(merchant, "2026-03-11T00:00:10")
    merchant.paid("bill-next-day", 50)
    merchant.refund("bill-one", "bill-one-r2", 7_500, 10_000)
    go_to(merchant, "2026-03-12T10:00:10")
    wx.control("DELETE", "/deliveries")
    yield merchant
    wx.stop()


def go_to(merchant: Merchant, when: str) -> None:
    """Puts the shared clock to that China time, after what is due has been done."""
    if merchant.wx.status()["processing_refunds"]:
        merchant.wx.deliver()
    wanted = datetime.fromisoformat(when).replace(tzinfo=CHINA).timestamp()
    merchant.move(wanted - datetime.now(CHINA).timestamp() - merchant.clock)


def ask(merchant: Merchant, day: str = DAY, more: str = "", bill: str = "tradebill") -> tuple[int, dict[str, str]]:
    return merchant.call("GET", f"/v3/bill/{bill}?bill_date={day}{more}")


def download(merchant: Merchant, offer: dict[str, str], zipped: bool = True) -> str:
    parts = urlsplit(offer["download_url"])
    answer = merchant.send("GET", f"{parts.path}?{parts.query}")
    assert answer.status_code == 200 and "Wechatpay-Signature" not in answer.headers
    plain = gzip.decompress(answer.content) if zipped else answer.content
    assert offer["hash_type"] == "SHA1" and hashlib.sha1(plain).hexdigest() == offer["hash_value"]
    return plain.decode()


def read(text: str, summary_begins: str = "总交易单数") -> Bill:
    lines = text.split("\r\n")
    assert lines.pop() == ""
    cut = next(number for number, line in enumerate(lines) if line.startswith(summary_begins))
    names = lines[0].split(",")

    def values(line: str) -> list[str]:
        fields = line.split(",")
        assert all(field.startswith("`") for field in fields)
        return [field[1:] for field in fields]

    rows = [dict(zip(names, values(line), strict=True)) for line in lines[1:cut]]
    return Bill(rows, dict(zip(lines[cut].split(","), values(lines[cut + 1]), strict=True)))


def bill(merchant: Merchant, day: str = DAY, more: str = "&tar_type=GZIP") -> Bill:
    return read(download(merchant, ask(merchant, day, more)[1], "GZIP" in more))


def fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


def test_the_trade_bill_adds_up(shopkeeper: Merchant) -> None:
    found = bill(shopkeeper)
    paid = {row["商户订单号"]: fen(row["订单金额"]) for row in found.rows if row["交易状态"] == "SUCCESS"}
    back = {row["商户退款单号"]: fen(row["退款金额"]) for row in found.rows if row["交易状态"] == "REFUND"}
    assert paid == TRADES and back == {"bill-one-r1": 2_500, "bill-two-r1": 3_333}
    assert found.summary == {
        "总交易单数": "5",
        "应结订单总金额": "133.34",
        "退款总金额": "58.33",
        "充值券退款总金额": "0.00",
        "手续费总金额": "0.45000",
        "订单总金额": "133.34",
        "申请退款总金额": "58.33",
    }
    fees = {
        row["商户退款单号"] if row["交易状态"] == "REFUND" else row["商户订单号"]: row["手续费"] for row in found.rows
    }
    assert fees == {
        "bill-one": "0.60000",
        "bill-two": "0.20000",
        "bill-three": "0.00000",
        "bill-one-r1": "-0.15000",
        "bill-two-r1": "-0.20000",
    }


def test_each_value_stands_where_its_heading_says(shopkeeper: Merchant) -> None:
    row = next(row for row in bill(shopkeeper).rows if row["商户订单号"] == "bill-one" and row["交易状态"] == "SUCCESS")
    trade = shopkeeper.query("bill-one")[1]
    assert row["微信订单号"] == trade["transaction_id"] and row["用户标识"] == trade["payer"]["openid"]
    assert row["商品名称"] == "蓝莓\\  四盒" and row["商户数据包"] == "a\\ b"
    assert (row["公众账号ID"], row["商户号"]) == (shopkeeper.wx.appid, shopkeeper.wx.mchid)
    assert row["交易时间"].startswith("2026-03-10 00:00:0") and row["货币种类"] == "CNY" and row["费率"] == "0.60%"
    refund = next(row for row in bill(shopkeeper).rows if row["商户退款单号"] == "bill-two-r1")
    assert (refund["订单金额"], refund["退款金额"], refund["退款状态"]) == ("0.00", "33.33", "SUCCESS")


def test_success_and_refund_bills_are_the_two_halves(shopkeeper: Merchant) -> None:
    success = bill(shopkeeper, more="&bill_type=SUCCESS&tar_type=GZIP")
    refunds = bill(shopkeeper, more="&bill_type=REFUND&tar_type=GZIP")
    assert {row["商户订单号"] for row in success.rows} == set(TRADES) and "商户退款单号" not in success.rows[0]
    assert [row["商户退款单号"] for row in refunds.rows] == ["bill-one-r1", "bill-two-r1"]
    assert refunds.rows[0]["退款成功时间"].startswith("2026-03-10 ")


def test_unzipped_and_the_next_day(shopkeeper: Merchant) -> None:
    assert bill(shopkeeper, more="") == bill(shopkeeper)
    later = bill(shopkeeper, "2026-03-11")
    assert [row["商户退款单号"] for row in later.rows] == ["0", "bill-one-r2"]
    assert later.rows[1]["手续费"] == "-0.45000"


def test_the_fund_flow_bill_adds_up_and_its_balance_runs(shopkeeper: Merchant) -> None:
    balance = 0
    for day, moved in ((DAY, 13_334 - 60 - 20 - 2_500 + 15 - 3_333 + 20), ("2026-03-11", 50 - 7_500 + 45)):
        offer = ask(shopkeeper, day, "&account_type=BASIC&tar_type=GZIP", "fundflowbill")[1]
        found = read(download(shopkeeper, offer), "资金流水总笔数")
        for row in found.rows:
            balance += fen(row["收支金额(元)"]) * (1 if row["收支类型"] == "收入" else -1)
            assert fen(row["账户结余(元)"]) == balance
        assert fen(found.summary["收入金额"]) - fen(found.summary["支出金额"]) == moved
        assert int(found.summary["资金流水总笔数"]) == len(found.rows)
        assert int(found.summary["收入笔数"]) + int(found.summary["支出笔数"]) == len(found.rows)
    assert ask(shopkeeper, DAY, "&account_type=FEES", "fundflowbill")[1]["code"] == "NO_STATEMENT_EXIST"


@pytest.mark.parametrize(
    ("day", "more", "code"),
    [
        ("2026-03-12", "", "INVALID_REQUEST"),
        ("2026-03-13", "", "INVALID_REQUEST"),
        ("2025-12-01", "", "INVALID_REQUEST"),
        ("2026-03-09", "", "NO_STATEMENT_EXIST"),
        ("20260310", "", "PARAM_ERROR"),
        ("2026-02-30", "", "PARAM_ERROR"),
        ("", "", "PARAM_ERROR"),
        (DAY, "&bill_type=OTHER", "PARAM_ERROR"),
        (DAY, "&tar_type=ZIP", "PARAM_ERROR"),
        (DAY, "&other=1", "PARAM_ERROR"),
    ],
)
def test_days_and_parameters_that_have_no_bill(shopkeeper: Merchant, day: str, more: str, code: str) -> None:
    status, answer = ask(shopkeeper, day, more)
    assert (status, answer["code"]) == (400, code)


def test_ready_at_ten(shopkeeper: Merchant) -> None:
    shopkeeper.move(-20)
    assert ask(shopkeeper, "2026-03-11")[1]["code"] == "STATEMENT_CREATING"
    assert ask(shopkeeper, DAY)[0] == 200
    shopkeeper.move(20)
    assert ask(shopkeeper, "2026-03-11")[0] == 200


def test_the_url_dies_after_five_minutes_and_wants_a_signature(shopkeeper: Merchant) -> None:
    parts = urlsplit(ask(shopkeeper)[1]["download_url"])
    target = f"{parts.path}?{parts.query}"
    assert shopkeeper.send("GET", target, Authorization="").status_code == 401
    shopkeeper.move(290)
    assert shopkeeper.send("GET", target).status_code == 200
    shopkeeper.move(15)
    assert shopkeeper.call("GET", target)[1]["code"] == "INVALID_REQUEST"
    assert shopkeeper.call("GET", f"{parts.path}?token=x")[0] == 404
    shopkeeper.move(-305)


def by_number(found: Bill) -> dict[tuple[str, str], str]:
    return {(row["商户订单号"], row["商户退款单号"]): row["应结订单金额"] + row["退款金额"] for row in found.rows}


def test_faults_of_bills(shopkeeper: Merchant) -> None:
    wx, right = shopkeeper.wx, by_number(bill(shopkeeper))
    wx.fault("bill-row-missing", row_of="bill-two", bill_date=DAY)
    assert set(right) - set(by_number(bill(shopkeeper))) == {("bill-two", "0")}
    wx.fault("bill-row-extra")
    assert set(by_number(bill(shopkeeper))) - set(right) == {("never20260310", "0")}
    wx.fault("bill-row-changed", row_of="bill-two", fen=5)
    changed = by_number(bill(shopkeeper))
    assert {key: value for key, value in changed.items() if right[key] != value} == {("bill-two", "0"): "33.380.00"}
    assert by_number(bill(shopkeeper)) == right
    wx.fault("bill-not-ready")
    assert ask(shopkeeper)[1]["code"] == "STATEMENT_CREATING"
    wx.fault("bill-wrong-hash")
    with pytest.raises(AssertionError):
        bill(shopkeeper)
    wx.fault("bill-truncated")
    with pytest.raises(EOFError):
        bill(shopkeeper)
    wx.fault("bill-byte-order-mark")
    assert download(shopkeeper, ask(shopkeeper)[1], zipped=False).startswith("\ufeff交易时间")


def test_edits_stay(tmp_path: Path, shopkeeper: Merchant) -> None:
    wx, right = shopkeeper.wx, by_number(bill(shopkeeper, "2026-03-11"))
    wx.bill_edit(bill_date="2026-03-11", edit="change", out_refund_no="bill-one-r2", out_trade_no="bill-one", fen=-1)
    wx.bill_edit(bill_date="2026-03-11", edit="add", out_trade_no="bill-invented", fen=250)
    edits = wx.bill_edit(bill_date="2026-03-11", edit="remove", out_trade_no="bill-next-day")["edits"]
    assert len(edits) == 3
    for _ in range(2):
        found = bill(shopkeeper, "2026-03-11")
        assert by_number(found) == {("bill-one", "bill-one-r2"): "0.0074.99", ("bill-invented", "0"): "2.500.00"}
        assert (found.summary["订单总金额"], found.summary["退款总金额"]) == ("2.50", "74.99")
    assert right == {("bill-next-day", "0"): "0.500.00", ("bill-one", "bill-one-r2"): "0.0075.00"}
    for wrong in (
        {"edit": "burn"},
        {"edit": "add", "fen": 1.5},
        {"edit": "add", "unknown": 1},
        {"edit": "add", "bill_date": "x"},
    ):
        with pytest.raises(AssertionError):
            wx.bill_edit(**{"bill_date": DAY, **wrong})
