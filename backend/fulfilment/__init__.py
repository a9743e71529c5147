"""Fulfilment: how goods reach the shopper, what that costs, and what WeChat is told of it.

Guarantees that freight is a pure function of the way of delivery and the shop's terms, so that preview and order agree; that
a parcel holds only what its order still owes, fifteen parcels at most; that what was noted of a parcel's way is never
changed; and that every order that left is known to WeChat, or listed with the reason why not. Refuses a way of delivery, a
courier or a number that cannot be one.
"""
