"""The life of a message.

waiting: its consent is spent, it is to be sent. sending: handed to WeChat, no answer yet. sent: WeChat has taken it. failed:
WeChat has refused it for good. unknown: nobody can say whether it arrived; it is not sent again. skipped: there was no consent.
"""

from backend.kernel.machine import Machine

WAITING, SENDING, SENT, FAILED, UNKNOWN, SKIPPED = "waiting", "sending", "sent", "failed", "unknown", "skipped"

MESSAGE = Machine(WAITING, {
    WAITING: {SENDING, FAILED, SKIPPED},
    SENDING: {SENT, FAILED, UNKNOWN, WAITING},
    SENT: set(),
    FAILED: set(),
    UNKNOWN: set(),
    SKIPPED: set(),
})
"""`sending` goes back to `waiting` only when WeChat has said that it did nothing and that it may be tried later."""
