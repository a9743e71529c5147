"""Reads a day's trade bill: a packed CSV in yuan with a backtick before each value and a summary at the end.

Source: WeChat Pay "交易账单详细说明" (2024-11). A payment stands on the day it was paid; a refund on the day it was
accepted, with its state of that moment. This is the only place where yuan of the platform become fen.
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from backend.gateways.outcomes import tame
from backend.gateways.strict_json import ID, Broken
from backend.kernel.calendar import CHINA
from backend.kernel.money import parse_yuan

PACKED_BYTES = 8 * 1024 * 1024
UNPACKED_BYTES = 64 * 1024 * 1024
"""About 200,000 orders a day; a larger bill is Broken rather than a machine without memory."""

_AT, _MCHID, _APPID, _STATE = "交易时间", "商户号", "公众账号ID", "交易状态"
_TRANSACTION, _NUMBER, _CURRENCY, _TOTAL, _FEE = "微信订单号", "商户订单号", "货币种类", "订单金额", "手续费"
_REFUND_ID, _REFUND_NUMBER, _REFUND_FEN, _REFUND_STATE = "微信退款单号", "商户退款单号", "申请退款金额", "退款状态"
_COLUMNS = (_AT, _MCHID, _APPID, _STATE, _TRANSACTION, _NUMBER, _CURRENCY, _TOTAL, _FEE,
            _REFUND_ID, _REFUND_NUMBER, _REFUND_FEN, _REFUND_STATE)  # fmt: skip
_COUNT = "总交易单数"
_FEE_FORM = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class BillRow:
    """One line: a payment (`out_refund_no` None, `total_fen` its amount) or a refund (`refund_fen` its amount).

    `fee_yuan` is exact and may hold parts of a fen; WeChat rounds fees by the month, not by the line.
    """

    at: datetime
    mchid: str
    appid: str
    transaction_id: str
    out_trade_no: str
    state: str
    currency: str
    total_fen: int
    refund_id: str | None
    out_refund_no: str | None
    refund_fen: int
    refund_state: str | None
    fee_yuan: Decimal

    @property
    def is_refund(self) -> bool:
        return self.out_refund_no is not None


@dataclass(frozen=True, slots=True)
class TradeBill:
    """A China day's bill. `missing` when WeChat has none for that day (nothing was traded), then without rows."""

    day: date
    rows: tuple[BillRow, ...]
    missing: bool = False


def read_bill(day: date, packed: bytes, sha1: str) -> TradeBill:
    """The rows of a packed bill whose unpacked bytes have this SHA-1; Broken if anything does not fit.

    The hash comes from a signed answer, which is what makes the unsigned download trustworthy.
    """
    raw = _unpack(packed)
    if not hmac.compare_digest(hashlib.sha1(raw, usedforsecurity=False).hexdigest(), sha1.lower()):
        raise Broken("the bill has another hash than promised")
    try:
        lines = [line for line in raw.decode("utf-8-sig").replace("\r\n", "\n").split("\n") if line]
    except UnicodeDecodeError as error:
        raise Broken("the bill is not UTF-8") from error
    if len(lines) < 3 or lines[-2].split(",")[0] != _COUNT:
        raise Broken("the bill has no summary")
    header = lines[0].split(",")
    if lost := [name for name in _COLUMNS if header.count(name) != 1]:
        raise Broken(f"the bill lacks the columns {' '.join(lost)}")
    rows = tuple(_row(day, dict(zip(header, _values(line, len(header)), strict=True))) for line in lines[1:-2])
    if _values(lines[-1], len(lines[-2].split(",")))[0] != str(len(rows)):
        raise Broken("the bill counts other lines than it has")
    return TradeBill(day, rows)


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        raw = unpacker.decompress(packed, UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise Broken("the bill is not gzip") from error
    if len(raw) > UNPACKED_BYTES:
        raise Broken("the bill is too long")
    if not unpacker.eof or unpacker.unused_data:
        raise Broken("the bill is cut off or has something behind it")
    return raw


def _values(line: str, count: int) -> list[str]:
    """A goods name may hold commas, but not a comma with a backtick behind it."""
    values = line[1:].split(",`")
    if not line.startswith("`") or len(values) != count:
        raise Broken("a line of the bill has another number of values")
    return values


def _row(day: date, value: dict[str, str]) -> BillRow:
    refund_id, refund_number = _maybe_number(value[_REFUND_ID]), _maybe_number(value[_REFUND_NUMBER])
    if (refund_id is None) != (refund_number is None):
        raise Broken("a refund in the bill has one number only")
    return BillRow(
        at=_instant(day, value[_AT]),
        mchid=_number(value[_MCHID]),
        appid=_number(value[_APPID]),
        transaction_id=_number(value[_TRANSACTION]),
        out_trade_no=_number(value[_NUMBER]),
        state=_number(value[_STATE]),
        currency=_number(value[_CURRENCY]),
        total_fen=_fen(value[_TOTAL]),
        refund_id=refund_id,
        out_refund_no=refund_number,
        refund_fen=_fen(value[_REFUND_FEN]),
        refund_state=tame(value[_REFUND_STATE], 32) or None,
        fee_yuan=_fee(value[_FEE]),
    )


def _number(text: str) -> str:
    if not ID.fullmatch(text):
        raise Broken("a number in the bill has an unexpected form")
    return text


def _maybe_number(text: str) -> str | None:
    """What stands for no refund: a zero, or nothing."""
    return None if text in ("", "0") else _number(text)


def _instant(day: date, text: str) -> datetime:
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError as error:
        raise Broken("a time in the bill has an unexpected form") from error
    if at.date() != day:
        raise Broken("the bill holds a line of another day")
    return at.astimezone(UTC)


def _fen(text: str) -> int:
    try:
        fen = parse_yuan(text)
    except ValueError as error:
        raise Broken("an amount in the bill has an unexpected form") from error
    if fen < 0:
        raise Broken("an amount in the bill is negative")
    return fen


def _fee(text: str) -> Decimal:
    if not _FEE_FORM.fullmatch(text):
        raise Broken("a fee in the bill has an unexpected form")
    return Decimal(text)
