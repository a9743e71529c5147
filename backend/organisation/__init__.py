"""Organisation: the stores of the merchant.

Guarantees that every order has a store and that there is always one: the main store, made by the first migration.
Regions, dealers, staff and roles join here.
"""

MAIN_STORE = "sto_main"
"""The store that everything belongs to until a merchant opens a second one."""
