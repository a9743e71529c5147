"""The books checker: what must hold in this shop's data, as read-only SQL that says where it does not and what to do.

The same code runs in tests and on a living shop. Ids begin with the invariant they watch (I01–I56). Without a check,
because this schema has nothing to hold against, or because only requests can show it: see docs/invariants.md, which tells
for each invariant what holds it.
"""
