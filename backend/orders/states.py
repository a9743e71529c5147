"""The life of an order.

unpaid: placed, stock reserved, may be paid until `pay_before`. closing: no new payment may start; one on its way still
counts. closed: given up, stock released. paid: exactly one payment applied; its goods wait to be shipped or picked up, some
parcels may have left. shipped: everything that is still owed has left. completed: the shopper has the goods – they said so,
took them at a pick-up point, or the time to say otherwise is over. refunded: all that was paid went back.

What is refunded is not owed any more, so no order waits for goods that nobody will send: as soon as a refund of the last
goods on the shelf is asked for, an order of which something left is shipped. An order of which nothing left is refunded with
its last fen; when the freight was kept, it is completed once the refund of its last goods has arrived.
"""

from backend.kernel.machine import Machine

UNPAID, CLOSING, CLOSED, PAID, REFUNDED = "unpaid", "closing", "closed", "paid", "refunded"
SHIPPED, COMPLETED = "shipped", "completed"

PAID_STATES = (PAID, SHIPPED, COMPLETED, REFUNDED)
"""Where an order is once exactly one payment was applied."""

ORDER = Machine(UNPAID, {
    UNPAID: {CLOSING, PAID},
    CLOSING: {CLOSED, PAID},
    CLOSED: set(),
    PAID: {SHIPPED, COMPLETED, REFUNDED},
    SHIPPED: {COMPLETED, REFUNDED},
    COMPLETED: {REFUNDED},
    REFUNDED: set(),
})

WORDS = {
    UNPAID: ("待付款", "To pay"),
    CLOSING: ("正在关闭", "Closing"),
    CLOSED: ("已关闭", "Closed"),
    PAID: ("待发货", "To be shipped"),
    SHIPPED: ("待收货", "On its way"),
    COMPLETED: ("已完成", "Completed"),
    REFUNDED: ("已退款", "Refunded"),
}
"""What a state says to a shopper, in Chinese and English."""

HINTS = {
    UNPAID: ("请在 {until} 前付款，逾期订单会自动关闭。", "Please pay before {until}; after that the order closes by itself."),
    CLOSING: ("正在向微信核对付款，稍后会有结果。", "We are asking WeChat about your payment; one moment please."),
    CLOSED: ("订单已关闭。需要的话可以再次购买。", "The order is closed. You can buy it again."),
    PAID: ("商家正在备货，发出后可以在这里查看物流。",
           "Your goods are being packed; you can follow them here once they have left."),
    SHIPPED: ("收到商品后请确认收货，{until} 会自动确认。",
              "Please confirm once you have the goods; on {until} that happens by itself."),
    COMPLETED: ("交易已完成。商品有问题可以申请售后。", "The order is complete. If something is wrong with it, please tell us."),
    REFUNDED: ("退款已原路退回。需要的话可以再次购买。", "Your money went back the way it came. You can buy it again."),
}
"""What the shopper can do now, in Chinese and English; `until` is filled in where there is a deadline."""

PARTLY_SENT = ("部分商品已发出，其余正在备货。", "Some of your goods have left, the others are being packed.")
TO_FETCH = ("到货后凭取货码到自提点取货。", "Fetch your goods with the code once they have arrived at the point.")

PICKUP_WORDS = WORDS | {PAID: ("待自提", "To be picked up")}
"""The same for orders that are fetched at a pick-up point."""
