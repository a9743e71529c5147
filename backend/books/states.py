"""The life of a run of the checks.

running: checks are being made. done: all are, or said to be unjudged. given_up: nothing happened for hours, a new run took over.
"""

from backend.kernel.machine import Machine

RUNNING, DONE, GIVEN_UP = "running", "done", "given_up"

RUN = Machine(RUNNING, {RUNNING: {DONE, GIVEN_UP}, DONE: set(), GIVEN_UP: set()})
