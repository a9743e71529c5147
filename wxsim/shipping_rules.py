"""Reads what a shop says about goods that left, as strictly as the platform does; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wxsim.open_api import OpenApiError

UNIFIED, SPLIT = 1, 2
EXPRESS, CITY, VIRTUAL, PICK_UP = 1, 2, 3, 4
MOST_PARCELS, LONGEST_DESCRIPTION, LONGEST_NUMBER = 15, 120, 128
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
_COMPANY = re.compile(r"[A-Z][A-Z0-9_&]{1,19}")
_MASKED = re.compile(r"[0-9+-]{0,8}\*{2,8}[0-9]{4}")
WANTS_CONTACT = "SF"


@dataclass(frozen=True)
class Parcel:
    """One entry of shipping_list; company and number are empty unless an express courier has it."""

    company: str
    number: str
    description: str
    contact: str | None


@dataclass(frozen=True)
class Told:
    """A whole upload, checked in itself."""

    transaction_id: str | None
    out_trade_no: str | None
    openid: str
    logistics_type: int
    mode: int
    complete: bool
    parcels: tuple[Parcel, ...]
    at: float


def read(mchid: str, given: Mapping[str, Any]) -> Told:
    """The upload in `given`; OpenApiError with the platform's code for the first thing that is wrong."""
    key = _object(given, "order_key")
    transaction_id = out_trade_no = None
    if key.get("order_number_type") == 2:
        transaction_id = _text(key, "transaction_id")
    elif key.get("order_number_type") == 1:
        if _text(key, "mchid") != mchid:
            raise OpenApiError(10060001, "支付单不存在")
        out_trade_no = _text(key, "out_trade_no")
    else:
        raise OpenApiError(10060014, "参数错误：order_number_type")
    logistics_type, mode = given.get("logistics_type"), given.get("delivery_mode")
    if logistics_type not in (EXPRESS, CITY, VIRTUAL, PICK_UP) or isinstance(logistics_type, bool):
        raise OpenApiError(10060005, "物流类型有误")
    if mode not in (UNIFIED, SPLIT) or isinstance(mode, bool):
        raise OpenApiError(268485226, "发货模式非法")
    if mode == SPLIT and logistics_type != EXPRESS:
        raise OpenApiError(10060006, "非快递发货时不允许分拆发货")
    complete = given.get("is_all_delivered") if mode == SPLIT else True
    if not isinstance(complete, bool):
        raise OpenApiError(10060007, "分拆发货模式下必须填写 is_all_delivered")
    parcels = _parcels(given.get("shipping_list"), logistics_type, mode)
    openid = _text(_object(given, "payer"), "openid")
    return Told(transaction_id, out_trade_no, openid, logistics_type, mode, complete, parcels, _time(given.get("upload_time")))


def _parcels(listed: Any, logistics_type: int, mode: int) -> tuple[Parcel, ...]:
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise OpenApiError(47001, "data format error: shipping_list")
    if len(listed) > (MOST_PARCELS if mode == SPLIT else 1):
        raise OpenApiError(10060024, "物流信息列表太长")
    parcels = tuple(_parcel(each, logistics_type) for each in listed)
    if logistics_type == EXPRESS and len({(each.company, each.number) for each in parcels}) != len(parcels):
        raise OpenApiError(10060014, "参数错误：物流单号重复")
    return parcels


def _parcel(given: Mapping[str, Any], logistics_type: int) -> Parcel:
    description = given.get("item_desc")
    if not isinstance(description, str) or not description.strip():
        raise OpenApiError(10060008, "商品描述 item_desc 不能为空")
    if len(description) > LONGEST_DESCRIPTION:
        raise OpenApiError(10060009, "商品描述 item_desc 太长")
    if logistics_type != EXPRESS:
        return Parcel("", "", description, None)
    number, company = given.get("tracking_no"), given.get("express_company")
    if not isinstance(number, str) or not 1 <= len(number) <= LONGEST_NUMBER:
        raise OpenApiError(10060026, "物流单号有误")
    if not isinstance(company, str) or not _COMPANY.fullmatch(company):
        raise OpenApiError(10060025, "物流公司编码有误")
    contact = (given.get("contact") or {}).get("receiver_contact") or (given.get("contact") or {}).get("consignor_contact")
    if company == WANTS_CONTACT and not contact:
        raise OpenApiError(268485228, "顺丰快递须填写联系方式")
    if contact is not None and (not isinstance(contact, str) or not _MASKED.fullmatch(contact)):
        raise OpenApiError(268485228, "联系方式须掩码，且最后四位不掩码")
    return Parcel(company, number, description, contact)


def _time(text: Any) -> float:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise OpenApiError(47001, "data format error: upload_time")
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError as error:
        raise OpenApiError(47001, "data format error: upload_time") from error


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, dict):
        raise OpenApiError(47001, f"data format error: {name}")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise OpenApiError(47001, f"data format error: {name}")
    return value
