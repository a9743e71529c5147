"""Aftersales: cases in which a shopper asks for money back, with or without sending the goods.

Guarantees that a unit of an order line is in at most one open case (unique index), that a case never gives more than its
units are worth, and that it is `refunded` only after WeChat said so (or when its goods cost nothing). Both sides have
deadlines: a silent merchant has agreed, a silent shopper has given up. Refuses to ask twice after two refusals.
"""
