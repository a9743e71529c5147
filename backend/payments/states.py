"""The lives of a payment attempt and of a refund.

Payment – asked: intent written, WeChat not yet known to have it. open: prepay id at hand. closed: given up at WeChat.
succeeded: applied to its order. surplus: paid although the order was closed or paid already; goes back by itself.
Money may still arrive for a closed attempt, so closed leads on.

Refund – asked: intent written. sent: WeChat accepted it. succeeded: the money arrived. abnormal: a person must look.
closed: WeChat gave it up; nothing went back.
"""

from backend.kernel.machine import Machine

ASKED, OPEN, CLOSED, SUCCEEDED, SURPLUS = "asked", "open", "closed", "succeeded", "surplus"
SENT, ABNORMAL = "sent", "abnormal"

PAYMENT = Machine(ASKED, {
    ASKED: {OPEN, CLOSED, SUCCEEDED, SURPLUS},
    OPEN: {CLOSED, SUCCEEDED, SURPLUS},
    CLOSED: {SUCCEEDED, SURPLUS},
    SUCCEEDED: set(),
    SURPLUS: set(),
})

REFUND = Machine(ASKED, {
    ASKED: {SENT, SUCCEEDED, ABNORMAL, CLOSED},
    SENT: {SUCCEEDED, ABNORMAL, CLOSED},
    ABNORMAL: {ASKED, SUCCEEDED, CLOSED},
    SUCCEEDED: set(),
    CLOSED: set(),
})
