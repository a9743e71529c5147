"""Organisation: regions, dealers and stores of the merchant, and the staff who work there.

Guarantees that every order has a store and that there is always one: the main store, made by the first migration.
Staff act with the rights of their roles on the data of their scope (head office, a region, a dealer, a store); both are
read anew for every request, so that a change counts at once. A password is kept as an Argon2 hash, a log-in as the hash
of its token, the secret of the second step encrypted. At least one active owner remains, whatever anybody does.
"""

MAIN_STORE = "sto_main"
"""The store that everything belongs to until a merchant opens a second one."""
