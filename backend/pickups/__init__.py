"""Pick-ups: points where shoppers fetch their orders, and the hand-over there.

Guarantees that an order which waits to be fetched has exactly one pick-up code, that a code opens one order and only at its own
point, and that goods are handed over once, by somebody who is bound to that point. Refuses guessing: tries of wrong codes are
counted and bounded for each member of staff. Distances and opening hours are pure; coordinates are GCJ-02, as WeChat's maps use.
"""
