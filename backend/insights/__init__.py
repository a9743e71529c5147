"""Insights: figures of the shop, day by day, for those who steer it.

Guarantees that a figure can be worked out anew from orders and refunds at any time and ends the same: figures converge, they
are never added up on the way. The shop's days are those of China. Nothing is decided by them and no money moves by them.
"""
