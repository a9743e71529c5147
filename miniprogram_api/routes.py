"""The table of this door's routes; a new file of routes is one line here."""

from miniprogram_api import (
    addresses,
    aftersales,
    callbacks,
    cart,
    catalogue,
    health,
    me,
    messages,
    metrics,
    orders,
    pickup,
    pictures,
    regions,
    reviews,
    session,
    tickets,
)

API = (
    session.blp,
    me.blp,
    addresses.blp,
    regions.blp,
    catalogue.blp,
    pictures.blp,
    cart.blp,
    orders.blp,
    pickup.blp,
    aftersales.blp,
    tickets.blp,
    reviews.blp,
    messages.blp,
)
"""Doors under /api/v1, in the order in which the document shows them."""

ROOT = (health.blueprint, metrics.blueprint, callbacks.blueprint)
"""Plain blueprints at the root: health, figures for a monitor, WeChat's callbacks."""
