"""Catalogue: goods, SKUs and categories, and how they are found.

Guarantees that a product's price and stock roll-ups follow its SKUs in the same transaction, that a SKU code exists
once, and that cost never leaves through a public query.
"""
