"""The trade bill: exact fen, proof by hash, and nothing that does not fit (I07, F33, S12)."""

import gzip
import hashlib
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.gateways import wechat_pay_bills as bills
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.strict_json import Broken
from backend.gateways.wechat_pay_bills import read_bill
from backend.kernel.money import LIMIT_FEN
from tests.gateways.playing_wechat import APPID, MCHID, PAY, Script, client, says

DAY = date(2026, 3, 1)
HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PAYMENT = {
    "交易时间": "2026-03-01 23:59:59", "公众账号ID": APPID, "商户号": MCHID, "特约商户号": "0", "设备号": "",
    "微信订单号": "4200000001", "商户订单号": "pay_01", "用户标识": "oUpF8", "交易类型": "JSAPI", "交易状态": "SUCCESS",
    "付款银行": "OTHERS", "货币种类": "CNY", "应结订单金额": "12.34", "代金券金额": "0.00", "微信退款单号": "0",
    "商户退款单号": "0", "退款金额": "0.00", "充值券退款金额": "0.00", "退款类型": "", "退款状态": "",
    "商品名称": "苹果,梨,\"一箱\"", "商户数据包": "", "手续费": "0.07404", "费率": "0.60%", "订单金额": "12.34",
    "申请退款金额": "0.00", "费率备注": "",
}  # fmt: skip
REFUND = PAYMENT | {
    "交易时间": "2026-03-01 00:00:00", "交易状态": "REFUND", "微信退款单号": "50300001", "商户退款单号": "ref_01",
    "退款金额": "2.34", "退款类型": "ORIGINAL", "退款状态": "PROCESSING", "手续费": "-0.01404", "订单金额": "0.00",
    "申请退款金额": "2.34",
}  # fmt: skip


def line(row: dict[str, str]) -> str:
    return ",".join(f"`{row[name]}" for name in HEADER.split(","))


def text(*rows: dict[str, str], count: int | None = None, end: str = "\r\n") -> str:
    total = f"`{len(rows) if count is None else count},`12.34,`2.34,`0.00,`0.06,`12.34,`2.34"
    return end.join([HEADER, *map(line, rows), SUMMARY, total, ""])


def packed(content: str | bytes) -> tuple[bytes, str]:
    raw = content.encode() if isinstance(content, str) else content
    return gzip.compress(raw), hashlib.sha1(raw).hexdigest()


def read(content: str | bytes):
    return read_bill(DAY, *packed(content))


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: "\ufeff" + t, lambda t: t.replace("\r\n", "\n"), str.rstrip])
def test_payments_and_refunds(wrap):
    bill = read(wrap(text(PAYMENT, REFUND)))
    payment, refund = bill.rows
    assert (bill.day, bill.missing) == (DAY, False)
    assert payment.at == datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
    assert (payment.total_fen, payment.refund_fen, payment.is_refund, payment.out_refund_no) == (1234, 0, False, None)
    assert (payment.appid, payment.mchid, payment.transaction_id) == (APPID, MCHID, "4200000001")
    assert (payment.out_trade_no, payment.state, payment.currency) == ("pay_01", "SUCCESS", "CNY")
    assert payment.fee_yuan == Decimal("0.07404")
    assert refund.at == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    assert refund.is_refund and refund.fee_yuan == Decimal("-0.01404")
    assert (refund.refund_fen, refund.out_refund_no, refund.refund_id, refund.refund_state) == (
        234, "ref_01", "50300001", "PROCESSING")  # fmt: skip


def test_columns_are_found_by_name():
    order = HEADER.split(",")[::-1]
    rows = [",".join(f"`{row[name]}" for name in order) for row in (PAYMENT, REFUND)]
    moved = "\n".join([",".join(order), *rows, SUMMARY, "`2" + ",`0.00" * 6])
    assert read(moved).rows == read(text(PAYMENT, REFUND)).rows


def test_a_bill_of_nothing_has_no_rows():
    assert read(text()).rows == ()


@settings(deadline=None)
@given(st.integers(0, LIMIT_FEN))
def test_every_amount_is_exact(fen):
    amount = f"{fen // 100}.{fen % 100:02d}"
    assert read(text(PAYMENT | {"订单金额": amount})).rows[0].total_fen == fen


def bad(**changes: str) -> str:
    return text(PAYMENT | changes)


BROKEN = {
    "three decimals": bad(订单金额="12.345"), "exponent": bad(订单金额="1e3"), "wide digits": bad(订单金额="１２.00"),
    "not a number": bad(订单金额="NaN"), "nothing": bad(订单金额=""), "negative": bad(申请退款金额="-1.00"),
    "endless": bad(订单金额="9" * 30), "thousands": bad(订单金额="1 000.00"),
    "fee with six decimals": bad(手续费="0.000001"), "fee in words": bad(手续费="免"),
    "another day": bad(交易时间="2026-03-02 00:00:00"), "no time": bad(交易时间=""),
    "time in another form": bad(交易时间="1/3/26"),
    "number with markup": bad(商户订单号="<b>"), "no merchant": bad(商户号=""),
    "one refund number": bad(商户退款单号="ref_01"),
    "value too many": text(PAYMENT).replace("`pay_01", "`pay_01,`x"),
    "value too few": text(PAYMENT).replace(",`OTHERS", ""),
    "no backtick": text(PAYMENT).replace("`2026", "2026"),
    "rows lost": text(PAYMENT, count=2), "rows added": text(PAYMENT, REFUND, count=1),
    "no summary": "\r\n".join(text(PAYMENT).split("\r\n")[:2]), "header alone": HEADER, "empty": "",
    "column missing": text(PAYMENT).replace("申请退款金额", "别的", 1),
    "column twice": text(PAYMENT).replace("设备号", "商户号", 1),
    "not UTF-8": text(PAYMENT).encode("gbk"), "HTML": "<html></html>",
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_bill_that_does_not_fit_is_broken(case):
    with pytest.raises(Broken):
        read(BROKEN[case])


def test_only_the_promised_bytes_are_read():
    pack, sha1 = packed(text(PAYMENT))
    assert read_bill(DAY, pack, sha1.upper()).rows
    for wrong in (packed(text(REFUND))[0], pack[:-1], pack + b"x", pack + pack, b"", text(PAYMENT).encode()):
        with pytest.raises(Broken):
            read_bill(DAY, wrong, sha1)


def test_a_bomb_stops_at_the_bound(monkeypatch):
    monkeypatch.setattr(bills, "UNPACKED_BYTES", 1_000_000)
    pack, sha1 = packed(b"0" * 30_000_000)
    tracemalloc.start()
    with pytest.raises(Broken, match="too long"):
        read_bill(DAY, pack, sha1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000, "it was unpacked whole before it was refused"


def bill(place: dict, download: httpx.Response, script: Script | None = None, base: str = PAY):
    script = script or Script()
    script.reply = lambda request: download if request.url.path == "/v3/billdownload/file" else says(200, place)
    return client(script, base=base).trade_bill(DAY)


def place(**changes):
    sha1 = packed(text(PAYMENT))[1]
    return {
        "hash_type": "SHA1",
        "hash_value": sha1,
        "download_url": f"{PAY}/v3/billdownload/file?token=t%2B1",
    } | changes


def test_fetched_signed_and_read():
    script = Script()
    fetched = bill(place(), httpx.Response(200, content=packed(text(PAYMENT))[0]), script)
    assert fetched.rows[0].out_trade_no == "pay_01"
    assert [request.url.raw_path for request in script.asked] == [
        b"/v3/bill/tradebill?bill_date=2026-03-01&bill_type=ALL&tar_type=GZIP",
        b"/v3/billdownload/file?token=t%2B1",
    ]
    assert all("Authorization" in request.headers for request in script.asked)


def test_no_bill_is_an_empty_one_that_says_so():
    fetched = client(Script(says(400, {"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"}))).trade_bill(DAY)
    assert (fetched.rows, fetched.missing) == ((), True)


def test_a_bill_not_ready_is_a_no():
    with pytest.raises(WeChatRefused) as caught:
        client(Script(says(400, {"code": "STATEMENT_CREATING", "message": "x"}))).trade_bill(DAY)
    assert caught.value.code == "STATEMENT_CREATING"


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/", "https://evil.example/v3/billdownload/file", "http://api.mch.weixin.qq.com/v3/x",
     "https://api.mch.weixin.qq.com@evil.example/", "https://u:p@api.mch.weixin.qq.com/", "https://evilmch.weixin.qq.com/",
     "https://api.mch.weixin.qq.com:8443/", "file:///etc/passwd", "//x", "", 7],
)  # fmt: skip
def test_only_wechat_s_own_host_is_asked(url):
    script = Script()
    with pytest.raises(WeChatUnknown):
        bill(place(download_url=url), httpx.Response(200), script)
    assert len(script.asked) == 1


def test_a_sister_host_s_file_is_fetched_from_the_set_host():
    script = Script()
    url = "https://api2.mch.weixin.qq.com/v3/billdownload/file?token=1"
    assert bill(place(download_url=url), httpx.Response(200, content=packed(text(PAYMENT))[0]), script).rows
    assert script.asked[1].url.host == "api.mch.weixin.qq.com"


@pytest.mark.parametrize(
    "download",
    [httpx.Response(500), httpx.Response(302), httpx.Response(200, html="<html>"), httpx.Response(200),
     httpx.Response(200, content=packed(text(REFUND))[0])],
)  # fmt: skip
def test_a_download_that_is_not_the_promised_file_is_unknown(download):
    with pytest.raises(WeChatUnknown):
        bill(place(), download)


@pytest.mark.parametrize("changes", [{"hash_type": "MD5"}, {"hash_value": "x"}, {"hash_value": None}])
def test_no_usable_promise_is_unknown(changes):
    with pytest.raises(WeChatUnknown):
        bill(place(**changes), httpx.Response(200))
