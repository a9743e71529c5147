"""What pricing refuses."""

from backend.kernel.errors import Kind, Refusal

ORDER_TOO_LARGE = Refusal(Kind.INVALID, "order_too_large", zh="订单金额超出上限，请分开下单。",
                          en="This order is too large; please split it.")
TOTAL_MOVED = Refusal(Kind.CONFLICT, "total_moved", zh="价格有变动，请确认新的金额后再提交。",
                      en="The price has changed; please check the new total and submit again.")
