"""The couriers that people in China send parcels with, by the code under which WeChat knows them; pure.

The codes are those that WeChat's list of couriers and the trackers share (`express_company` of its shipping info).
"""

from typing import NamedTuple


class Courier(NamedTuple):
    """A courier's names, and what else it is called in the files that warehouses send."""

    zh: str
    en: str
    also: tuple[str, ...] = ()


COURIERS: dict[str, Courier] = {
    "SF": Courier("顺丰速运", "SF Express", ("顺丰", "顺丰快递", "顺风", "SFEXPRESS", "SHUNFENG")),
    "ZTO": Courier("中通快递", "ZTO Express", ("中通", "中通速递", "ZHONGTONG")),
    "YTO": Courier("圆通速递", "YTO Express", ("圆通", "圆通快递", "YUANTONG")),
    "STO": Courier("申通快递", "STO Express", ("申通", "SHENTONG")),
    "YD": Courier("韵达速递", "Yunda Express", ("韵达", "韵达快递", "YUNDA")),
    "JD": Courier("京东快递", "JD Logistics", ("京东", "京东物流", "JDL", "JINGDONG")),
    "EMS": Courier("EMS", "EMS", ("邮政EMS", "中国邮政EMS", "邮政特快专递")),
    "YZPY": Courier("邮政快递包裹", "China Post parcel", ("邮政", "中国邮政", "邮政包裹", "邮政快递", "邮政小包", "YOUZHENG")),
    "JTSD": Courier("极兔速递", "J&T Express", ("极兔", "极兔快递", "J&T", "JITU", "JT")),
    "DBL": Courier("德邦快递", "Deppon Express", ("德邦", "德邦物流", "DEPPON")),
    "DBLKY": Courier("德邦快运", "Deppon Freight"),
    "CNSD": Courier("菜鸟速递", "Cainiao Express", ("菜鸟", "丹鸟", "丹鸟快递", "CAINIAO")),
    "HTKY": Courier("百世快递", "BEST Express", ("百世", "百世汇通", "汇通快递")),
    "BTWL": Courier("百世快运", "BEST Freight"),
    "KYSY": Courier("跨越速运", "KYE Express", ("跨越", "跨越物流", "跨越速递")),
    "ZJS": Courier("宅急送", "ZJS Express", ("宅急送快递", "ZHAIJISONG")),
    "UC": Courier("优速快递", "UC Express", ("优速", "YOUSU")),
    "FWX": Courier("丰网速运", "Fengwang Express", ("丰网", "丰网速递")),
    "ZTOKY": Courier("中通快运", "ZTO Freight"),
    "YTFH": Courier("韵达快运", "Yunda Freight"),
    "ANEKY": Courier("安能快运", "ANE Logistics", ("安能", "安能物流")),
    "YMDD": Courier("壹米滴答", "Yimidida", ("壹米滴答快运",)),
    "SX": Courier("顺心捷达", "Sxjd Freight", ("顺心", "顺心捷达快运")),
    "SUNING": Courier("苏宁物流", "Suning Logistics", ("苏宁", "苏宁快递")),
    "GTO": Courier("国通快递", "GTO Express", ("国通",)),
    "HHTT": Courier("天天快递", "TTK Express", ("天天", "TIANTIAN")),
    "QFKD": Courier("全峰快递", "Quanfeng Express", ("全峰",)),
    "FAST": Courier("快捷速递", "Fast Express", ("快捷快递",)),
    "XFEX": Courier("信丰物流", "Xinfeng Logistics", ("信丰",)),
    "PJ": Courier("品骏快递", "Pinjun Express", ("品骏",)),
}
"""Code → courier; the first ones are those most used."""

WANTS_CONTACT = "SF"
"""The one courier for which WeChat wants (part of) a phone number."""


def _fold(text: str) -> str:
    return "".join(text.split()).upper()


_NAMES = {_fold(name): code for code, each in COURIERS.items() for name in (code, each.zh, each.en, *each.also)}


def find_courier(text: str) -> str | None:
    """The code of a courier by code or by any of its names, whatever the case and the spaces; None when unknown."""
    return _NAMES.get(_fold(text))
