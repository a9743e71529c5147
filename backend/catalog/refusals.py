"""Every expected no of the catalogue."""

from backend.kernel.errors import Kind, Refusal

TITLE = Refusal(
    Kind.INVALID,
    "title",
    zh="名称须为 1–{limit} 字，且不含换行等控制字符。",
    en="A title has 1 to {limit} characters and no line breaks or other control characters.",
)
CATEGORY_NAME = Refusal(
    Kind.INVALID,
    "category_name",
    zh="分类名须为 1–{limit} 字，且不含换行等控制字符。",
    en="A category has a name of 1 to {limit} characters without line breaks or other control characters.",
)
TEXT_TOO_LONG = Refusal(
    Kind.INVALID,
    "text_too_long",
    zh="“{field}”过长或含控制字符，最多 {limit} 字。",
    en="The {field} is too long or has control characters; at most {limit} characters.",
)
DETAIL_HTML = Refusal(
    Kind.INVALID,
    "detail_html",
    zh="详情里有网页代码（“{found}”）：请只写文字，图片用“插入图片”上传。",
    en="The detail has web code in it (“{found}”): please write text only, and insert pictures by uploading them.",
)
DETAIL_PICTURES = Refusal(
    Kind.INVALID, "detail_pictures", zh="详情最多 {limit} 张图片。", en="A detail has at most {limit} pictures."
)
PRODUCT_CHANGED = Refusal(
    Kind.CONFLICT,
    "product_changed_meanwhile",
    zh="这个商品刚被别人修改过，您的修改没有保存。请刷新页面，看过新内容后再改。",
    en="Somebody else has just changed this product; yours was not saved. Please reload, look at it and change it again.",
)
HOME_CHANGED = Refusal(
    Kind.CONFLICT,
    "home_changed_meanwhile",
    zh="首页刚被别人修改过，您的修改没有保存。请刷新页面，看过新内容后再改。",
    en="Somebody else has just changed the home page; yours was not saved. Please reload, look at it and change it again.",
)
SKU_CODE = Refusal(
    Kind.INVALID,
    "sku_code",
    zh="商品编码“{given}”须为 1–64 个可见字符，首尾无空格。",
    en="The SKU code “{given}” must have 1 to 64 visible characters and no spaces around it.",
)
SKU_CODE_TWICE = Refusal(
    Kind.INVALID,
    "sku_code_twice",
    zh="商品编码“{sku_code}”在同一次提交中出现了两次。",
    en="The SKU code “{sku_code}” is there twice.",
)
SKU_CODE_TAKEN = Refusal(
    Kind.CONFLICT,
    "sku_code_taken",
    zh="商品编码已被其他商品使用，请换一个。",
    en="The SKU code belongs to another product; please choose another.",
)
"""Details: `sku_codes` that are taken, where known."""

PRICE = Refusal(
    Kind.INVALID,
    "price",
    zh="价格须大于 0 元且不超过 {limit_yuan} 元。",
    en="The price must be more than 0 and at most {limit_yuan} yuan.",
)
MARKET_PRICE = Refusal(Kind.INVALID, "market_price", zh="划线价不能低于售价。", en="The market price must not be below the price.")
COST = Refusal(
    Kind.INVALID,
    "cost",
    zh="成本价不能为负，且不超过 {limit_yuan} 元。",
    en="The cost must not be negative, and at most {limit_yuan} yuan.",
)
PRICE_RULE = Refusal(
    Kind.INVALID,
    "price_rule",
    zh="调价规则不合理：幅度须在 -99% 到 +{percent}% 之间，金额须为有效价格且会带来变化。",
    en="This rule makes no sense: from -99% to +{percent}%, or an amount that a price can have and that changes something.",
)

NO_SKU = Refusal(Kind.INVALID, "no_sku", zh="至少需要一个规格。", en="A product needs at least one SKU.")
TOO_MANY_SKUS = Refusal(Kind.INVALID, "too_many_skus", zh="一个商品最多 {limit} 个规格。", en="A product has at most {limit} SKUs.")
OPTIONS = Refusal(
    Kind.INVALID,
    "options",
    zh="每个规格须有相同的规格名（最多 {names} 个），规格值为 1–{length} 字。",
    en="Every SKU needs the same option names (at most {names}), each with a value of 1 to {length} characters.",
)
OPTIONS_TWICE = Refusal(Kind.INVALID, "options_twice", zh="规格“{options}”重复。", en="The options “{options}” are there twice.")
PICTURES = Refusal(
    Kind.INVALID,
    "pictures",
    zh="图片最多 {limit} 张，且须为已上传的图片。",
    en="At most {limit} pictures, each uploaded before.",
)
HOME = Refusal(
    Kind.INVALID,
    "home",
    zh="首页横幅与栏目各最多 {limit} 个，每个横幅只能指向一处，文字不可过长。",
    en="A home page has at most {limit} banners and {limit} blocks; a banner leads to one place, and words are short.",
)

CATEGORY_NAME_TAKEN = Refusal(
    Kind.CONFLICT,
    "category_name_taken",
    zh="同级已有名为“{name}”的分类。",
    en="There is a category “{name}” on this level already.",
)
CATEGORY_TOO_DEEP = Refusal(
    Kind.CONFLICT,
    "category_too_deep",
    zh="分类最多两级：上级须为一级分类，且自身没有下级。",
    en="There are two levels of categories: a parent is on the first, and a child has no children.",
)
CATEGORY_UNKNOWN = Refusal(Kind.NOT_FOUND, "category_unknown", zh="没有这个分类。", en="There is no such category.")
PRODUCT_UNKNOWN = Refusal(Kind.NOT_FOUND, "product_unknown", zh="没有这个商品。", en="There is no such product.")
SKU_UNKNOWN = Refusal(Kind.NOT_FOUND, "sku_unknown", zh="没有这个商品编码。", en="There is no such SKU.")
"""Details: `sku_codes` that are unknown, where asked for by code."""

TOO_MANY_AT_ONCE = Refusal(Kind.INVALID, "too_many_at_once", zh="一次最多处理 {limit} 项。", en="At most {limit} at once.")
BAD_QUERY = Refusal(Kind.INVALID, "bad_query", zh="搜索词最多 {limit} 字。", en="A search has at most {limit} characters.")

OFF_SHELF = Refusal(Kind.CONFLICT, "off_shelf", zh="商品已下架。", en="This product is no longer for sale.")
NOT_PUBLISHED = Refusal(Kind.CONFLICT, "not_published", zh="商品尚未开售。", en="This product is not for sale yet.")
SKU_GONE = Refusal(Kind.CONFLICT, "sku_gone", zh="该规格已失效，请重新选择。", en="This option is gone; please choose another.")

SHEET_EMPTY = Refusal(
    Kind.INVALID,
    "sheet_empty",
    zh="表格是空的：第一行须为列名。",
    en="The sheet is empty: its first line has the column names.",
)
SHEET_COLUMNS = Refusal(
    Kind.INVALID,
    "sheet_columns",
    zh="表格缺少列：{missing_zh}。第一行须有 {needed_zh}。",
    en="Columns are missing: {missing}. The first line must have {needed}.",
)
SHEET_COLUMN_TWICE = Refusal(
    Kind.INVALID, "sheet_column_twice", zh="列“{column}”出现了两次。", en="The column “{column}” is there twice."
)
TOO_MANY_CELLS = Refusal(
    Kind.INVALID,
    "too_many_cells",
    zh="这一行的格数多于列名（{columns} 列）；含逗号的内容须加英文引号。",
    en="This line has more cells than there are columns ({columns}); put text with commas into quotes.",
)
CELL_FORMULA = Refusal(Kind.INVALID, "cell_formula", zh="单元格是公式错误“{given}”。", en="A cell has the formula error “{given}”.")
YUAN = Refusal(
    Kind.INVALID,
    "yuan",
    zh="价格“{given}”须为元，最多两位小数，如 12.50。",
    en="The price “{given}” must be in yuan with at most two decimals, like 12.50.",
)
QUANTITY_CELL = Refusal(
    Kind.INVALID,
    "quantity_cell",
    zh="数量“{given}”须为整数，如 12 或 -3。",
    en="The quantity “{given}” must be a whole number, like 12 or -3.",
)
STOCK_CELL = Refusal(
    Kind.INVALID,
    "stock_cell",
    zh="库存“{given}”须为 0 到 {limit} 的整数。",
    en="The stock “{given}” must be a whole number from 0 to {limit}.",
)

DELIVERY_NEEDED = Refusal(
    Kind.INVALID,
    "delivery_needed",
    zh="请至少选择一种配送方式：快递或自提。",
    en="Please choose at least one way of delivery: courier or pick-up.",
)
GOODS_PICKUP_ONLY = Refusal(
    Kind.CONFLICT,
    "goods_pickup_only",
    zh="{goods}只能自提，请改为自提并选择自提点。",
    en="{goods} can only be picked up; please choose pick-up and a point.",
)
GOODS_COURIER_ONLY = Refusal(
    Kind.CONFLICT,
    "goods_courier_only",
    zh="{goods}只能快递配送，请改为快递并选择收货地址。",
    en="{goods} can only be sent by courier; please choose courier and an address.",
)
NO_DELIVERY_TOGETHER = Refusal(
    Kind.CONFLICT,
    "no_delivery_together",
    zh="{pickup_only}只能自提，{courier_only}只能快递，不能一起下单，请分成两单。",
    en="{pickup_only} can only be picked up and {courier_only} only sent, so they do not go into one order;"
    " please make two orders of them.",
)
"""Each carries `items` [{sku_id, title, deliveries}]: the lines that do not go the way that was asked for."""
CATEGORY_CHANGED = Refusal(
    Kind.CONFLICT,
    "category_changed_meanwhile",
    zh="分类刚被别人修改过，没有保存。请看过最新的内容再改。",
    en="Somebody else has just changed the categories; nothing was saved. Please look at them as they are now and try again.",
)
