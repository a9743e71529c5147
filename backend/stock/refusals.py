"""Every expected no of the stock."""

from backend.kernel.errors import Kind, Refusal

OUT_OF_STOCK = Refusal(
    Kind.CONFLICT,
    "out_of_stock",
    zh="部分商品库存不足，请调整数量后再提交。",
    en="Some goods are out of stock; please change the quantities and try again.",
)
"""Details: `short` = [{"sku_id", "wanted", "available"}] in the order of SKU ids."""

BELOW_RESERVED = Refusal(
    Kind.CONFLICT,
    "below_reserved",
    zh="现有 {on_hand} 件，其中 {reserved} 件已被订单占用，不能再减 {take} 件。",
    en="{on_hand} on hand, {reserved} of them promised to orders; {take} cannot be taken away.",
)

NOT_STOCKED = Refusal(
    Kind.NOT_FOUND, "not_stocked", zh="该仓没有这个商品的库存记录。", en="This location keeps no stock of that product."
)

CHANGE_OUT_OF_BOUNDS = Refusal(
    Kind.INVALID,
    "stock_out_of_bounds",
    zh="数量须是整数：盘点和期初为 0 至 {limit:,}，增减不能为 0。",
    en="A quantity is a whole number: 0 to {limit:,} when counted or at first, not 0 when added or taken.",
)

LOW_LINE = Refusal(
    Kind.INVALID,
    "low_line",
    zh="预警数量须为 0 到 {limit:,} 的整数；留空则使用店铺默认值。",
    en="The warning line must be a whole number from 0 to {limit:,}; leave it empty to use the shop's setting.",
)

REASON_NEEDED = Refusal(Kind.INVALID, "reason_needed", zh="请写明原因（1–200 字）。", en="Please give a reason (1–200 characters).")
