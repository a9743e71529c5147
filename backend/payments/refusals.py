"""What payments refuse."""

from backend.kernel.errors import Kind, Refusal

PAYMENT_REFUSED = Refusal(Kind.UNAVAILABLE, "payment_refused", zh="微信支付暂时无法受理，请稍后再试。",
                          en="WeChat Pay cannot take this payment right now; please try again later.")
TOO_MANY_REFUNDS = Refusal(Kind.CONFLICT, "too_many_refunds", zh="该笔付款的退款次数已达上限（50 次），请线下处理。",
                           en="This payment has had 50 refunds, the most that WeChat allows; please settle it offline.")
REFUND_OVER = Refusal(Kind.CONFLICT, "refund_exceeds_payment", zh="退款金额超过了实付金额，请刷新后再试。",
                      en="The refund exceeds what was paid; please refresh.")
ALREADY_PAID = Refusal(Kind.CONFLICT, "already_paid", zh="订单已付款，无需重复支付。", en="This order has been paid already.")
