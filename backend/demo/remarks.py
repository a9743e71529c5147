"""What shoppers write on orders, and why they want money back."""

from random import Random

COMMON = (
    "放门口就行，谢谢",
    "麻烦放物业前台",
    "送到菜鸟驿站就好",
    "工作日请在下午六点后送",
    "到了请打电话，门禁坏了",
    "不要塑料袋，谢谢",
    "请尽快发货，周末家里来客人",
)
BY_PROFILE = {
    "baby": ("请不要按门铃，宝宝在睡觉", "日期请发新鲜一点的，给宝宝用"),
    "elder": ("家里老人收货，请多等一会儿", "请送上楼，老人提不动"),
    "office": ("公司前台代收", "中午十二点前送到最好"),
}
BY_GOODS = {
    "SG": ("水果挑熟一点的，今晚就吃", "坏果麻烦提前挑掉"),
    "SC": ("菜要新鲜一点的",),
    "RD01": ("鸡蛋请包好一点，上次碎了两个",),
    "RB": ("请多放一个冰袋",),
    "CY04": ("咖啡豆请磨成手冲粉", "请磨成摩卡壶粗细"),
    "MY01": ("尺码别发错，宝宝穿这个码",),
}
WHOLE = ("拍错了地址，重新下单", "不想要了", "送货时间赶不上", "家里人已经买了")
ANY_LINE = ("拍多了", "与想的不一样", "包装破损")
LINE_BY_GOODS = {
    "SG": ("有坏果", "压伤了几个", "不够甜"),
    "SC": ("叶子蔫了", "有磕伤"),
    "RD": ("冰袋化了", "分量不足"),
    "RD01": ("碎了几个",),
    "RB": ("日期不够新", "包装漏了"),
}
"""By how the code of the SKU begins."""


def remark_for(random: Random, profile: str, skus: list[str]) -> str:
    """A remark that fits the shopper or the goods; mostly none."""
    chance = random.random()
    fitting = [remark for start, remarks in BY_GOODS.items() for remark in remarks if _any_starts(skus, start)]
    if chance < 0.08 and fitting:
        return random.choice(fitting)
    if chance < 0.12 and profile in BY_PROFILE:
        return random.choice(BY_PROFILE[profile])
    return random.choice(COMMON) if chance < 0.2 else ""


def refund_reason(random: Random, sku: str | None) -> str:
    """Why a line with that SKU comes back, or the whole order when there is none."""
    if sku is None:
        return random.choice(WHOLE)
    fitting = [reason for start, reasons in LINE_BY_GOODS.items() for reason in reasons if sku.startswith(start)]
    return random.choice(fitting or ANY_LINE)


def _any_starts(skus: list[str], start: str) -> bool:
    return any(sku.startswith(start) for sku in skus)
