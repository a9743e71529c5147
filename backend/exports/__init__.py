"""Exports: sheets of the shop's rows, asked for by staff and written by the worker.

Guarantees that a sheet holds only what its asker might see when they asked and still may when it is written and fetched; that
a worker which dies costs nothing but time and never leaves two results; that no cell is a formula; and that the file is its
asker's alone, by links of ten minutes, for a day. Personal data are masked unless the asker may see them whole.
Refuses more than three unfinished exports of one person.
"""

KINDS = ("orders", "order_lines", "members", "products", "stock", "stock_moves", "payments", "refunds", "exceptions", "aftersales",
         "tickets", "reviews", "audit")
"""What can be exported."""

FORMATS = ("csv", "xlsx")
