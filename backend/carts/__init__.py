"""Carts: what a shopper means to buy, never a price.

Guarantees that quantities stay between 1 and 999,999 and that a cart has at most 1,000 lines; whatever can no longer be
bought stays visible apart, with the reason.
"""
