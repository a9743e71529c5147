"""Carts and client limits: what a shopper may hold at most, and whole numbers of it."""

from backend.checks.check import Check
from backend.orders.rules import MAX_LINES, MAX_QUANTITY

CHECKS = (
    Check("I06.carts", "购物车不超过上限", "A cart holds at most 1,000 lines of 1 to 999,999 pieces", f"""
        select l.member_id, '' as sku_id, count(*) as found, 'at most {MAX_LINES} lines' as expected
        from cart_lines l group by l.member_id having count(*) > {MAX_LINES}
        union all
        select l.member_id, l.sku_id, l.quantity, '1 to {MAX_QUANTITY} pieces' from cart_lines l
        where l.quantity not between 1 and {MAX_QUANTITY}""",
        "The shopper can correct it: a cart costs nothing and binds nobody."),
)
