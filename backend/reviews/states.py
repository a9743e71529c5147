"""The life of a review, and of a note (an addition by its author or an answer by the merchant).

checking: WeChat looks at it; nobody but the author sees it. shown: public. held: WeChat would not say; a person decides.
rejected: not fit to be shown, the author may rewrite it. hidden: taken out of sight by staff, with a reason that the author sees.
"""

from backend.kernel.machine import Machine

CHECKING, SHOWN, HELD, REJECTED, HIDDEN = "checking", "shown", "held", "rejected", "hidden"

REVIEW = Machine(CHECKING, {
    CHECKING: {SHOWN, HELD, REJECTED},
    HELD: {SHOWN, REJECTED, CHECKING},
    REJECTED: {CHECKING},
    SHOWN: {HIDDEN, CHECKING},
    HIDDEN: {SHOWN},
})

WORDS = {
    CHECKING: ("审核中", "Being checked"),
    SHOWN: ("已展示", "Shown"),
    HELD: ("待人工审核", "Waiting for a person"),
    REJECTED: ("未通过", "Not accepted"),
    HIDDEN: ("已隐藏", "Hidden"),
}
"""What a state says, in Chinese and English."""
