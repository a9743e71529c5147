"""Every expected no of the carts, and why a line cannot be bought."""

from backend.kernel.errors import Kind, Refusal

CART_FULL = Refusal(
    Kind.CONFLICT,
    "cart_full",
    zh="购物车最多放 {limit} 种商品，请先清理一下。",
    en="A cart holds at most {limit} different items; please remove some first.",
)
CART_QUANTITY = Refusal(
    Kind.INVALID, "cart_quantity", zh="数量须为 1–{limit}。", en="A quantity is between 1 and {limit}."
)
"""Details: `sku_id`, when the same SKU in several lines adds up to too much."""

UNKNOWN_SKUS = Refusal(
    Kind.INVALID,
    "unknown_skus",
    zh="有商品不存在，请刷新后再试。",
    en="Some items do not exist; please refresh and try again.",
)
"""Details: `sku_ids`."""

SOLD_OUT = Refusal(Kind.CONFLICT, "sold_out", zh="已售罄。", en="Sold out.")
TOO_FEW = Refusal(Kind.CONFLICT, "too_few", zh="库存不足，仅剩 {available} 件。", en="Only {available} left.")
