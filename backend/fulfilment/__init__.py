"""Fulfilment: how goods reach the shopper, and what that costs.

Guarantees that freight is a pure function of the way of delivery and the shop's terms, so that preview and order agree, and
refuses a way of delivery that does not exist. Couriers, pick-up points and parcels join here.
"""
