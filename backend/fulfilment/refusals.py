"""What fulfilment refuses."""

from backend.kernel.errors import Kind, Refusal

COURIER_UNKNOWN = Refusal(Kind.INVALID, "courier_unknown", zh="没有这家快递公司，请从列表中选择。",
                          en="This courier is not known; please choose one from the list.")
NO_COURIER_THERE = Refusal(Kind.CONFLICT, "no_courier_there", zh="这个地区暂不发快递，请换一个收货地址，或选择自提。",
                           en="No courier goes to this region; please choose another address, or fetch the goods yourself.")
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
GOODS_IN_CASE = Refusal(Kind.CONFLICT, "goods_in_case", zh="待发的商品都在售后申请中，请先处理售后再发货。",
                        en="All that is left to ship is in an open after-sales case; please decide that first.")
SHIP_TOO_MUCH = Refusal(Kind.CONFLICT, "ship_too_much", zh="发货数量超过待发数量（还可发 {left} 件），请刷新后修改。",
                        en="This is more than is left to ship ({left}); please refresh and change it.")
SHIP_QUANTITY = Refusal(Kind.INVALID, "ship_quantity", zh="发货数量须为大于 0 的整数。",
                        en="Quantities must be whole numbers above 0.")
SHIP_LINE = Refusal(Kind.INVALID, "ship_line", zh="所选商品不属于该订单，或重复出现。",
                    en="This line does not belong to the order, or stands there twice.")
DELIVERY_MIXED = Refusal(Kind.INVALID, "delivery_mixed", zh="收货方式与所填内容不一致，请重新选择快递或自提。",
                         en="These details do not go with this way of delivery; please choose courier or pick-up again.")
PARCEL_ENDED = Refusal(Kind.CONFLICT, "parcel_ended", zh="包裹已签收或已退回，不能再修改，请刷新后查看。",
                       en="The parcel was delivered or came back, so it cannot be changed any more; please refresh.")
PARCEL_SAME = Refusal(Kind.CONFLICT, "parcel_same", zh="快递公司和单号都没有变化。",
                      en="Courier and number are the same as before.")
TRACE_TEXT = Refusal(Kind.INVALID, "trace_text", zh="请填写物流动态（1–200 字）。",
                     en="Please say what happened (1–200 characters).")
TRACE_TIME = Refusal(Kind.INVALID, "trace_time", zh="物流时间须在发货之后、现在之前，请修改。",
                     en="The time must lie between shipping and now; please correct it.")
UPLOAD_NOT_STUCK = Refusal(Kind.CONFLICT, "upload_not_stuck", zh="这笔发货信息不需要重试：已上传或正在上传，请刷新后查看。",
                           en="This needs no retry: it was uploaded or is being uploaded; please refresh.")
CORRECTION_USED = Refusal(Kind.CONFLICT, "correction_used", zh="微信只允许重新发货一次，这笔订单已用过；请电话告知顾客正确单号。",
                          en="WeChat takes one correction of each payment, and it has been used; please phone the shopper.")
BATCH_COLUMNS = Refusal(Kind.INVALID, "batch_columns", zh="表头须有“订单号”“快递公司”“快递单号”三列，可加“商品编码”“数量”。",
                        en="The first line must name the columns order, courier and tracking_number; sku and quantity may follow.")
BATCH_EMPTY = Refusal(Kind.INVALID, "batch_empty", zh="文件里没有发货数据，请检查后重新上传。",
                      en="There is nothing to ship in this file; please check it and upload it again.")
BATCH_TOO_LONG = Refusal(Kind.INVALID, "batch_too_long", zh="一次最多 {limit} 行，请分成几份上传。",
                         en="At most {limit} lines at once; please split the file.")
BATCH_ORDER_NUMBER = Refusal(Kind.INVALID, "batch_order_number", zh="订单号格式不对，请核对。",
                             en="This is no order number; please check it.")
BATCH_ORDER_UNKNOWN = Refusal(Kind.NOT_FOUND, "batch_order_unknown", zh="没有这个订单号，请核对。",
                              en="There is no order of this number; please check it.")
BATCH_SCIENTIFIC = Refusal(Kind.INVALID, "batch_scientific", zh="单号变成了科学计数，请把该列设为文本后重新填写。",
                           en="The number has become scientific notation; please format the column as text and type it again.")
BATCH_QUANTITY = Refusal(Kind.INVALID, "batch_quantity", zh="数量须为大于 0 的整数，并且写明商品编码。",
                         en="A quantity is a whole number above 0, and needs the SKU beside it.")
BATCH_TWO_COURIERS = Refusal(Kind.INVALID, "batch_two_couriers", zh="单号 {number} 在前面写的是另一家快递，请核对。",
                             en="The number {number} stands with another courier further up; please check it.")
BATCH_WHOLE_AND_PART = Refusal(Kind.INVALID, "batch_whole_and_part", zh="单号 {number} 有的行写了商品编码、有的没写，请统一。",
                               en="Some lines of {number} name a SKU and some do not; please write all or none.")
BATCH_SKU_TWICE = Refusal(Kind.INVALID, "batch_sku_twice", zh="商品 {sku_code} 在同一包裹里出现两次且数量不同，请合并。",
                          en="{sku_code} stands twice in this parcel with different quantities; please add them up.")
BATCH_SKU_UNKNOWN = Refusal(Kind.INVALID, "batch_sku_unknown", zh="订单里没有商品编码 {sku_code}，请核对。",
                            en="This order has no SKU {sku_code}; please check it.")
