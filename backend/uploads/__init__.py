"""Uploads: pictures that people sent, from the moment they arrive until something uses them.

Guarantees that a stored picture was decoded and drawn anew, that it belongs to whoever sent it, that only they can bind it to
something (once, and to one thing), and that what nobody used within a day is gone. Evidence – pictures of after-sales and
complaints – lies apart from the shop window: only its sender, the shopper whose case it is, and staff with the right to see such
cases get it.
Refuses more than a person's pictures and bytes of a day, and knows no addresses: a picture comes as bytes or not at all.
"""

SHOPPER_PURPOSES = ("review", "aftersale", "ticket", "avatar")
"""What shoppers send pictures for."""

STAFF_PURPOSES = ("product", "category", "banner", "point", "aftersale", "ticket")
"""What staff send pictures for."""
