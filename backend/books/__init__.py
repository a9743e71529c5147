"""Books: what the checks of `backend/checks` found, run by run.

Guarantees that one run is under way at a time, that a worker which dies costs one check and not the run, that a check which
takes too long is said to be unjudged and never counted as held, and that what waits counts only when it still waits a minute
later. Of each check all faults are counted and the first twenty kept, with the ids that lead there; runs are kept for ninety
days. Refuses a second run beside one that is under way.
"""
