"""The bill calls: asking for a day's trade or fund-flow bill, and downloading the file within five minutes."""

import gzip
import hashlib
import re
import secrets
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, request

from wxsim import bill_edits, bill_entries, bill_files
from wxsim.answers import Answer
from wxsim.clock import china
from wxsim.gate import pay_call
from wxsim.pay_errors import INVALID_REQUEST, NO_STATEMENT_EXIST, NOT_FOUND, PARAM_ERROR, STATEMENT_CREATING
from wxsim.world import World

blueprint = Blueprint("bills", __name__)
URL_SECONDS = 300
READY_HOUR = 10
_KEPT_DAYS = 92


@pay_call(blueprint, "GET", "/v3/bill/tradebill", "tradebill")
def tradebill(world: World, body: dict[str, Any]) -> Answer:
    """申请交易账单: hash of the file and where to download it."""
    _only({"bill_date", "bill_type", "tar_type", "sub_mchid"})
    day, kind = _day(world, "tradebill"), request.args.get("bill_type", "ALL")
    if kind not in bill_files.HEADINGS:
        raise PARAM_ERROR("参数错误：/bill_type 应为ALL、SUCCESS或REFUND")
    paid = bill_entries.payments(world, day) if kind != "REFUND" else []
    back = bill_entries.refunds_asked(world, day) if kind != "SUCCESS" else []
    entries = _edited(world, "tradebill", paid + back, day)
    return _offer(world, "tradebill", bill_files.trade_bill(world.config, kind, entries))


@pay_call(blueprint, "GET", "/v3/bill/fundflowbill", "fundflowbill")
def fundflowbill(world: World, body: dict[str, Any]) -> Answer:
    """申请资金账单 of the BASIC account; the other accounts never move here."""
    _only({"bill_date", "account_type", "tar_type"})
    day, account = _day(world, "fundflowbill"), request.args.get("account_type", "BASIC")
    if account not in ("BASIC", "OPERATION", "FEES"):
        raise PARAM_ERROR("参数错误：/account_type 应为BASIC、OPERATION或FEES")
    moved = bill_entries.payments(world, day) + bill_entries.refunds_done(world, day) if account == "BASIC" else []
    entries = _edited(world, "fundflowbill", sorted(moved, key=lambda entry: entry.at), day)
    text = bill_files.fund_flow_bill(world.config, entries, bill_entries.balance_before(world, day))
    return _offer(world, "fundflowbill", text)


@pay_call(blueprint, "GET", "/v3/billdownload/file", "billdownload")
def download(world: World, body: dict[str, Any]) -> Answer:
    """下载账单: the file, unsigned; the URL dies after five minutes."""
    row = world.books.row("SELECT * FROM bill_files WHERE token = ?", (request.args.get("token", ""),))
    if row is None:
        raise NOT_FOUND("账单文件不存在")
    if world.clock.now() > row["expires_at"]:
        raise INVALID_REQUEST("账单下载地址已过期，请重新申请账单")
    content = row["content"]
    if world.faults.strike("bill-truncated", {"call": "billdownload"}) is not None:
        content = content[: len(content) // 2]
    return Answer(200, None, raw=content)


def _edited(world: World, bill: str, entries: list[bill_entries.Entry], day: date) -> list[bill_entries.Entry]:
    edits = bill_edits.of(world, bill, day.isoformat()) + bill_edits.struck(world, _about(bill))
    left = bill_entries.edited(entries, edits, day)
    if not left:
        raise NO_STATEMENT_EXIST()
    return left


def _offer(world: World, bill: str, text: str) -> Answer:
    plain = text.encode()
    if world.faults.strike("bill-byte-order-mark", _about(bill)) is not None:
        plain = b"\xef\xbb\xbf" + plain
    digest = hashlib.sha1(plain).hexdigest()
    if world.faults.strike("bill-wrong-hash", _about(bill)) is not None:
        digest = hashlib.sha1(plain + b"?").hexdigest()
    zipped = request.args.get("tar_type")
    if zipped not in (None, "GZIP"):
        raise PARAM_ERROR("参数错误：/tar_type 应为GZIP")
    token, now = secrets.token_urlsafe(48), world.clock.now()
    with world.books.writing() as tx:
        tx.execute("DELETE FROM bill_files WHERE expires_at < ?", (now - 86400,))
        content = gzip.compress(plain) if zipped else plain
        tx.execute("INSERT INTO bill_files VALUES (?, ?, ?)", (token, content, now + URL_SECONDS))
    url = f"{request.host_url}v3/billdownload/file?token={token}" + ("&tartype=gzip" if zipped else "")
    return Answer(200, {"download_url": url, "hash_type": "SHA1", "hash_value": digest})


def _day(world: World, bill: str) -> date:
    text = request.args.get("bill_date", "")
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        day = None
    if day is None:
        raise PARAM_ERROR("参数错误：/bill_date 应为yyyy-MM-DD格式的日期")
    now = china(world.clock.now())
    if day >= now.date() or day < now.date() - timedelta(days=_KEPT_DAYS):
        raise INVALID_REQUEST("账单日期不合法：只能申请三个月内、今天以前的账单")
    ready = day + timedelta(days=1) < now.date() or now.hour >= READY_HOUR
    if not ready or world.faults.strike("bill-not-ready", _about(bill)) is not None:
        raise STATEMENT_CREATING()
    return day


def _about(bill: str) -> dict[str, Any]:
    return {"call": bill, "bill_date": request.args.get("bill_date")}


def _only(names: set[str]) -> None:
    strange = set(request.args) - names
    if strange:
        raise PARAM_ERROR(f"参数错误：未定义的参数 {', '.join(sorted(strange))}")
