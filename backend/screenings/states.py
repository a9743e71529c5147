"""The life of a screening.

open: to be asked. sent: a picture that WeChat looks at; its verdict is pushed to us. passed, doubtful (WeChat would have a
person look), risky: verdicts. unjudged: WeChat did not say – no answer in time, quota used up, the author away for two hours;
a verdict that comes later still counts. dropped: a newer revision took its place.
"""

from backend.kernel.machine import Machine

OPEN, SENT, PASSED, DOUBTFUL, RISKY, UNJUDGED, DROPPED = "open", "sent", "passed", "doubtful", "risky", "unjudged", "dropped"

VERDICTS = {PASSED, DOUBTFUL, RISKY}

SCREENING = Machine(OPEN, {
    OPEN: {SENT, UNJUDGED, DROPPED} | VERDICTS,
    SENT: {UNJUDGED, DROPPED} | VERDICTS,
    UNJUDGED: {DROPPED} | VERDICTS,
    PASSED: {DROPPED},
    DOUBTFUL: {DROPPED},
    RISKY: {DROPPED},
    DROPPED: set(),
})

WAITING = (OPEN, SENT)
"""Without an end yet."""
