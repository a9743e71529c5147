"""The books checker: what must hold in this shop's data, as read-only SQL that says where it does not and what to do.

The same code runs in tests and on a living shop. Ids begin with the invariant they watch (I01–I56). Without a check,
because this schema has nothing to hold against: I15 (no price versions yet), I16 (nothing is free), I21–I26 and I28
(no flash sales, coupons, groups), I34–I42 (no commission, no messages); and what only requests or a second run can
show: I22, I44, I46, I47, I50, I52–I55.
"""
