"""Orders: what was ordered, frozen as it was shown.

Guarantees that a state only moves along the declared table and that every move has a history row; that lines add up to
the order to the fen; and that an order is paid by exactly one payment.
"""
