"""What payments refuse."""

from backend.kernel.errors import Kind, Refusal

PAYMENT_REFUSED = Refusal(Kind.UNAVAILABLE, "payment_refused", zh="微信支付暂时无法受理，请稍后再试。",
                          en="WeChat Pay cannot take this payment right now; please try again later.")
TOO_MANY_REFUNDS = Refusal(Kind.CONFLICT, "too_many_refunds", zh="该笔付款的退款次数已达上限（50 次），请线下处理。",
                           en="This payment has had 50 refunds, the most that WeChat allows; please settle it offline.")
REFUND_OVER = Refusal(Kind.CONFLICT, "refund_exceeds_payment", zh="退款金额超过了实付金额，请刷新后再试。",
                      en="The refund exceeds what was paid; please refresh.")
REFUND_NOT_STUCK = Refusal(Kind.CONFLICT, "refund_not_stuck", zh="该退款没有卡住，或已经重新发出，请刷新查看进度。",
                           en="This refund is not stuck, or was sent again already; please refresh and see how it stands.")
SETTLED_ALREADY = Refusal(Kind.CONFLICT, "settled_already", zh="这条记录已经处理过了，请刷新。",
                          en="This has been settled already; please refresh.")
NOTE_NEEDED = Refusal(Kind.INVALID, "note_needed", zh="请写明处理结果（1–{limit} 个字），方便日后查账。",
                      en="Please say in 1 to {limit} characters what came of it; somebody will ask later.")
BILL_NOT_READY = Refusal(Kind.CONFLICT, "bill_not_ready", zh="微信次日 10 点后出账单，并只保留 90 天，请换一个日期。",
                         en="WeChat makes a bill at 10:00 of the next day and keeps it for 90 days; please choose another day.")
ALREADY_PAID = Refusal(Kind.CONFLICT, "already_paid", zh="订单已付款，无需重复支付。", en="This order has been paid already.")
