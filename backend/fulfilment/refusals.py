"""What fulfilment refuses."""

from backend.kernel.errors import Kind, Refusal

COURIER_UNKNOWN = Refusal(Kind.INVALID, "courier_unknown", zh="没有这家快递公司，请从列表中选择。",
                          en="This courier is not known; please choose one from the list.")
TRACKING_NUMBER = Refusal(Kind.INVALID, "tracking_number", zh="快递单号须为 6–40 位字母、数字或短横线，请核对面单。",
                          en="A tracking number has 6 to 40 letters, digits or hyphens; please check the label.")
PARCEL_KNOWN = Refusal(Kind.CONFLICT, "parcel_known", zh="该订单已有单号为 {tracking_number} 的包裹，无需重复发货。",
                       en="This order has a parcel with the number {tracking_number} already.")
TOO_MANY_PARCELS = Refusal(Kind.CONFLICT, "too_many_parcels", zh="一个订单最多 {limit} 个包裹，请合并发货。",
                           en="An order takes at most {limit} parcels; please pack the rest together.")
NOT_BY_COURIER = Refusal(Kind.CONFLICT, "not_by_courier", zh="该订单由顾客自提，请到自提核销处理。",
                         en="This order is picked up by the shopper; please hand it over instead.")
NOTHING_TO_SHIP = Refusal(Kind.CONFLICT, "nothing_to_ship", zh="没有待发的商品：已全部发出或已退款，请刷新后再看。",
                          en="Nothing is left to ship: it has left or was refunded; please refresh.")
SHIP_TOO_MUCH = Refusal(Kind.CONFLICT, "ship_too_much", zh="发货数量超过待发数量（还可发 {left} 件），请刷新后修改。",
                        en="This is more than is left to ship ({left}); please refresh and change it.")
SHIP_QUANTITY = Refusal(Kind.INVALID, "ship_quantity", zh="发货数量须为大于 0 的整数。",
                        en="Quantities must be whole numbers above 0.")
SHIP_LINE = Refusal(Kind.INVALID, "ship_line", zh="所选商品不属于该订单，或重复出现。",
                    en="This line does not belong to the order, or stands there twice.")
DELIVERY_MIXED = Refusal(Kind.INVALID, "delivery_mixed", zh="收货方式与所填内容不一致，请重新选择快递或自提。",
                         en="These details do not go with this way of delivery; please choose courier or pick-up again.")
