"""Ledger: double entry for all money that came or went.

Guarantees that debit and credit are one row, that one business event is posted at most once, and that nothing is ever
edited: a wrong posting is answered by another.
"""
