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
