"""Crowd: a large shop that was never open – invented members, orders and money in a scratch database, to measure on.

Guarantees that the books of what it made hold to the last check, that the same seed makes the same crowd, and that a million
orders take minutes: every statement makes a chunk of rows at once. Refuses a database in which real orders stand.
"""
