"""The life of a complaint ticket.

open: nobody has answered yet. answered: the shop wrote last, the shopper's turn. waiting: the shopper wrote again (or opened
the ticket again), the shop's turn. closed: with an outcome; the shopper can open it again for a week.
"""

from backend.kernel.machine import Machine

OPEN, ANSWERED, WAITING, CLOSED = "open", "answered", "waiting", "closed"

TICKET = Machine(OPEN, {
    OPEN: {ANSWERED, CLOSED},
    ANSWERED: {WAITING, CLOSED},
    WAITING: {ANSWERED, CLOSED},
    CLOSED: {WAITING},
})

TO_DO = (OPEN, WAITING)
"""States in which the shop owes an answer."""

WORDS = {
    OPEN: ("待答复", "Waiting for an answer"),
    ANSWERED: ("已答复", "Answered"),
    WAITING: ("待再次答复", "Waiting for another answer"),
    CLOSED: ("已办结", "Closed"),
}
"""What a state says, in Chinese and English."""

NEXT = {
    OPEN: ("会有专人在 {due} 前答复您，您可以继续补充。", "A named person answers by {due}; you can add to it."),
    ANSWERED: ("商家已答复。您可以继续留言，或确认已解决；7 天无回复将自动办结。",
               "The shop has answered. Write again, or say that it is settled; it closes by itself after 7 days."),
    WAITING: ("会有专人在 {due} 前再次答复您。", "A named person answers again by {due}."),
    CLOSED: ("如未解决，可在办结后 7 天内重新打开。", "If it is not settled, you can open it again within 7 days."),
}
"""What the shopper can do now and by when; `{due}` is the shop's deadline."""
