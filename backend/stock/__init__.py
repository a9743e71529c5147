"""Stock: what lies where, what is promised, and a journal in which every change has a cause and adds up.

On hand is what lies on the shelf; reserved is promised to orders that have not left; available is the difference.
Guarantees that nothing is promised twice: reserving is one guarded statement for all SKUs of an order and a CHECK in
the table; every change has exactly one journal row per SKU and cause, so doing it again is refused by the database.
"""

MAIN_LOCATION = "loc_main"
"""The shelf that everything lies on until a merchant opens a second one; made by the first migration."""
