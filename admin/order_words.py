"""Words and colours of orders, parcels and what happened to them."""

from typing import Any

from admin.words import Said, say
from backend.orders.states import WORDS

_TONES = {"unpaid": "warn", "closing": "plain", "closed": "plain", "paid": "warn", "shipped": "info", "completed": "good",
          "refunded": "bad"}
STATES: dict[str, tuple[Said, str]] = {name: (say(*words), _TONES[name]) for name, words in WORDS.items()}
"""State → words and colour."""

TO_FETCH = (say("待自提", "To be picked up"), "warn")


def state_of(order: Any) -> tuple[Said, str]:
    """Words and colour of an order's state: what is fetched at a point does not wait to be shipped."""
    return TO_FETCH if order.state == "paid" and order.delivery == "pickup" else STATES[order.state]


FLAGS = {"partly": say("部分已发", "Partly sent"), "part_refund": say("部分退款", "Partly refunded"),
         "noted": say("有备注", "Noted")}
UPLOADS: dict[str, tuple[Said, str]] = {
    "due": (say("等待上传微信", "WeChat is to be told"), "info"), "sent": (say("微信已知", "WeChat knows"), "good"),
    "failed": (say("微信上传失败", "WeChat refused"), "bad"), "gave_up": (say("微信无法再更新", "WeChat takes no more"), "warn")}
KINDS: dict[str, tuple[Said, str]] = {
    "payment": (say("微信收款", "Paid at WeChat"), "good"), "refund": (say("申请退款", "Refund asked for"), "warn"),
    "refund_succeeded": (say("退款到账", "Refund arrived"), "good"), "refund_closed": (say("退款关闭", "Refund closed"), "bad"),
    "refund_abnormal": (say("退款异常", "Refund abnormal"), "bad"), "parcel": (say("包裹发出", "Parcel left"), "info"),
    "note": (say("内部备注", "Note"), "warn")}
PAYMENTS: dict[str, tuple[Said, str]] = {
    "asked": (say("发起中", "Begun"), "plain"), "open": (say("待支付", "Open"), "warn"),
    "closed": (say("已关闭", "Closed"), "plain"), "succeeded": (say("已支付", "Paid"), "good"),
    "surplus": (say("多付，自动退回", "Surplus, goes back"), "bad")}
REFUNDS: dict[str, tuple[Said, str]] = {
    "asked": (say("待发送", "To be sent"), "warn"), "sent": (say("微信处理中", "At WeChat"), "warn"),
    "succeeded": (say("已到账", "Arrived"), "good"), "abnormal": (say("异常", "Abnormal"), "bad"),
    "closed": (say("已关闭", "Closed"), "bad")}
ACTORS = {"system": say("系统", "System"), "wechat": say("微信", "WeChat")}
