"""What orders refuse."""

from backend.kernel.errors import Kind, Refusal

NOTHING_TO_ORDER = Refusal(Kind.INVALID, "nothing_to_order", zh="没有可以下单的商品，请先选择商品。",
                           en="There is nothing to order; please choose something first.")
NOT_FOR_SALE = Refusal(Kind.CONFLICT, "not_for_sale", zh="部分商品已下架或失效，请移除后再提交。",
                       en="Some goods are no longer for sale; please remove them and submit again.")
TOO_MANY_UNPAID = Refusal(Kind.CONFLICT, "too_many_unpaid_orders", zh="您有 {limit} 个订单待付款，请先付款或取消后再下单。",
                          en="You have {limit} unpaid orders; please pay or cancel one first.")
TOO_MANY_LINES = Refusal(Kind.INVALID, "too_many_lines", zh="一个订单最多 {limit} 种商品。",
                         en="An order takes at most {limit} different goods.")
QUANTITY = Refusal(Kind.INVALID, "quantity", zh="商品数量须在 1 到 {limit} 之间。", en="Quantities must lie between 1 and {limit}.")
NOT_NOW = Refusal(Kind.CONFLICT, "not_allowed_now", zh="订单当前状态不能进行此操作，请刷新后再试。",
                  en="This is not possible in the order's present state; please refresh.")
PAY_TIME_OVER = Refusal(Kind.CONFLICT, "pay_time_over", zh="付款时间已过，订单正在关闭，请重新下单。",
                        en="The time to pay is over and the order is closing; please order again.")
NOTHING_TO_REFUND = Refusal(Kind.INVALID, "nothing_to_refund", zh="没有可以退款的内容。", en="There is nothing to refund.")
REFUND_TOO_MUCH = Refusal(Kind.CONFLICT, "refund_too_much", zh="退款超过了可退的数量或金额，请刷新后再试。",
                          en="This is more than is left to refund; please refresh.")
LINE_NOT_IN_ORDER = Refusal(Kind.INVALID, "line_not_in_order", zh="所选商品不属于该订单。",
                            en="This line does not belong to the order.")
PRICE_CHANGE = Refusal(Kind.INVALID, "price_change", zh="只能减价：优惠合计须在 0.01 元到应付金额之间，改后至少 0.01 元。",
                       en="A price can only be lowered: take off at least ¥0.01 and leave at least ¥0.01 to pay.")
BEING_PAID = Refusal(Kind.CONFLICT, "being_paid", zh="顾客正在付款，请稍后刷新再改价。",
                     en="The shopper is paying right now; please refresh in a moment and try again.")
PARTLY_LEFT = Refusal(Kind.CONFLICT, "partly_left", zh="商品已发出，地址不能再改；请联系快递改派。",
                      en="Goods have left, so the address cannot be changed any more; please ask the courier to redirect them.")
NO_ADDRESS = Refusal(Kind.CONFLICT, "fetched_order", zh="自提订单没有收货地址，无法修改。",
                     en="This order is fetched at a pick-up point and has no address to change.")
NOTE_TEXT = Refusal(Kind.INVALID, "note_text", zh="请填写备注（1–{limit} 字）。", en="Please write a note (1–{limit} characters).")
REMARK_TEXT = Refusal(Kind.INVALID, "remark_text", zh="留言最多 {limit} 个字，请缩短。",
                      en="A remark has at most {limit} characters; please shorten it.")
REMARK_LEFT = Refusal(Kind.CONFLICT, "remark_left", zh="商品已发出，留言不能再改；请写内部备注，或电话联系顾客。",
                      en="Goods have left, so the remark cannot be changed any more; write a note, or phone the shopper.")
CLOSE_REASON = Refusal(Kind.INVALID, "close_reason", zh="请写明关闭原因（1–{limit} 字）。",
                       en="Please say why it is closed (1–{limit} characters).")
FILTER_NAME = Refusal(Kind.INVALID, "filter_name", zh="请给筛选起个名字（1–20 字）。",
                      en="Please give the filter a name (1–20 characters).")
TOO_MANY_FILTERS = Refusal(Kind.CONFLICT, "too_many_filters", zh="最多保存 {limit} 个筛选，请先删除不用的。",
                           en="At most {limit} filters can be saved; please remove one first.")
