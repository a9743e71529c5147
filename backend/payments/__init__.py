"""Payments: attempts to pay, refunds, and what did not fit.

Guarantees that at most one attempt is open, that a number given to WeChat is never given again, that refunds never exceed
what was paid, and that money which does not fit is quarantined and listed, never applied and never dropped.
"""
