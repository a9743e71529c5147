"""A bug for a running shop, to prove that a campaign notices: while the file TUANMA_PLANTED is there nothing is released."""

import os

from backend.stock import store as stock

release = stock.release


def forget(tx, location_id, given_up):
    """Of what is given up the stock hears nothing."""
    if not os.path.exists(os.environ["TUANMA_PLANTED"]):
        release(tx, location_id, given_up)


stock.release = forget
