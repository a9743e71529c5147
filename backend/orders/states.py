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

PICKUP_WORDS = WORDS | {PAID: ("待自提", "To be picked up")}
"""The same for orders that are fetched at a pick-up point."""
