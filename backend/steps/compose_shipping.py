"""Compose what WeChat is to be told of an order's goods: parcels, what is in them, who paid by which transaction."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.fulfilment.couriers import WANTS_CONTACT
from backend.fulfilment.rules import describe, phone_mask
from backend.gateways.wechat_shipping import Consignment, Shipping
from backend.infra.uow import Reading
from backend.members import store as members
from backend.orders import store as orders
from backend.orders.states import PAID
from backend.payments import store as payments


def compose_shipping(rd: Reading, ctx: Context, order: Row[Any], upload: Row[Any], at: datetime) -> Shipping | None:
    """All that left of a locked order, told as of `at`; None when it was not paid at WeChat, who then need not know.

    It is told in parts while something is still to be shipped, and when there are several parcels.
    """
    payment = payments.find_applied(rd, order.id)
    openid = members.find_openid(rd, order.member_id, ctx.settings.wechat_appid)
    if payment is None or openid is None:
        return None
    titles = orders.titles_of(rd, order.id)
    complete = order.state != PAID
    if upload.logistics_type == fulfilment.BY_PICK_UP:
        everything = Consignment("", "", describe([(title, quantity) for title, quantity in titles.values()]))
        return Shipping(payment.transaction_id, openid, upload.logistics_type, [everything], False, True, at)
    contents = fulfilment.contents_of(rd, order.id)
    contact = phone_mask(msgspec.json.decode(orders.find_ship_to(rd, order.id))["phone"])
    parcels = [Consignment(
        parcel.courier, parcel.tracking_number,
        describe([(title, contents[parcel.id][line_id]) for line_id, (title, _) in titles.items()
                  if line_id in contents[parcel.id]]),
        contact if parcel.courier == WANTS_CONTACT else None) for parcel in fulfilment.parcels_of(rd, order.id)]
    begun = upload.completions == 0 and upload.uploaded_at is not None
    return Shipping(payment.transaction_id, openid, upload.logistics_type, parcels,
                    len(parcels) > 1 or not complete or begun, complete, at)
