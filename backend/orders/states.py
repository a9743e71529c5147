"""The life of an order.

unpaid: placed, stock reserved, may be paid until `pay_before`. closing: no new payment may start; one on its way still
counts. closed: given up, stock released. paid: exactly one payment applied. refunded: all that was paid went back.
"""

from backend.kernel.machine import Machine

UNPAID, CLOSING, CLOSED, PAID, REFUNDED = "unpaid", "closing", "closed", "paid", "refunded"

ORDER = Machine(UNPAID, {
    UNPAID: {CLOSING, PAID},
    CLOSING: {CLOSED, PAID},
    CLOSED: set(),
    PAID: {REFUNDED},
    REFUNDED: set(),
})

WORDS = {
    UNPAID: ("待付款", "To pay"),
    CLOSING: ("正在关闭", "Closing"),
    CLOSED: ("已关闭", "Closed"),
    PAID: ("待发货", "To be shipped"),
    REFUNDED: ("已退款", "Refunded"),
}
"""What a state says to a shopper, in Chinese and English."""
