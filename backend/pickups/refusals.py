"""What pick-ups refuse."""

from backend.kernel.errors import Kind, Refusal

POINT_NOT_FOUND = Refusal(Kind.NOT_FOUND, "pickup_point_not_found", zh="没有找到这个自提点，可能已停用，请另选一个。",
                          en="This pick-up point was not found; it may be closed. Please choose another one.")
"""Absent and closed points alike."""

POINT_NAME = Refusal(Kind.INVALID, "point_name", zh="自提点名称须为 1–{limit} 个字。",
                     en="The name of a pick-up point has 1 to {limit} characters.")
POINT_KIND = Refusal(Kind.INVALID, "point_kind", zh="自提点类型只能是门店或小区。",
                     en="A pick-up point is a store or a community.")
POINT_DETAIL = Refusal(Kind.INVALID, "point_detail", zh="自提点的详细地址须为 1–{limit} 个字。",
                       en="The street address of a pick-up point has 1 to {limit} characters.")
POINT_GUIDE = Refusal(Kind.INVALID, "point_guide", zh="取货指引最多 {limit} 个字。", en="The guide has at most {limit} characters.")
POINT_POSITION = Refusal(Kind.INVALID, "point_position", zh="排序须为 0–{limit} 的整数。",
                         en="The position is a whole number from 0 to {limit}.")
PLACE = Refusal(Kind.INVALID, "place", zh="经纬度不正确：经度 −180 到 180，纬度 −90 到 90。",
                en="The coordinates are not right: longitude -180 to 180, latitude -90 to 90.")
HOURS = Refusal(Kind.INVALID, "opening_hours",
                zh="营业时间不正确：每天最多 {limit} 段，写作 09:00-21:00，先开后关，不能重叠。",
                en="The opening hours are not right: at most {limit} spans a day, as 09:00-21:00, in order, not overlapping.")
CLOSED_DAYS = Refusal(Kind.INVALID, "closed_days", zh="最多写 {limit} 个休息日。", en="At most {limit} closed days can be kept.")

CONTACT_NEEDED = Refusal(Kind.INVALID, "pickup_contact_needed", zh="请填写取货人的姓名和手机号。",
                         en="Please give the name and phone number of who will fetch the goods.")
TOO_MANY_ROTATIONS = Refusal(Kind.TOO_MANY, "too_many_new_codes", zh="取货码更换次数过多，请到店出示订单，由店员核销。",
                             en="The code was changed too often; please show the order at the point instead.")

CODE_NOT_FOUND = Refusal(Kind.NOT_FOUND, "pickup_code_not_found",
                         zh="没有找到这个取货码。请核对或请顾客刷新后重试；其他自提点的订单不能在此核销。",
                         en="This code was not found. Check it, or have the shopper refresh it; orders of other points "
                            "cannot be handed over here.")
"""Absent, used, replaced and other points' codes alike."""

TOO_MANY_TRIES = Refusal(Kind.TOO_MANY, "too_many_wrong_codes", zh="取货码输错次数过多，请 {minutes} 分钟后再试，或从列表选择。",
                         en="Too many wrong codes; please try again in {minutes} minutes, or choose the order from the list.")
NOT_YOUR_POINT = Refusal(Kind.FORBIDDEN, "not_your_pickup_point",
                         zh="您不是“{point}”的核销员，请联系管理员将您加入该自提点。",
                         en="You are not on the staff of “{point}”. Ask an administrator to add you to this point.")
NOT_A_PICKUP = Refusal(Kind.CONFLICT, "not_a_pickup_order", zh="这不是自提订单，请走发货流程。",
                       en="This order is not picked up; please ship it.")
ALREADY_HANDED_OVER = Refusal(Kind.CONFLICT, "already_handed_over", zh="该订单已于 {at} 由 {by} 核销，请勿重复交货。",
                              en="This order was handed over on {at} by {by}; do not hand it over again.")
NOT_PAID_YET = Refusal(Kind.CONFLICT, "not_paid_yet", zh="订单尚未付款，不能交货。请顾客先付款。",
                       en="The order is not paid; do not hand it over. Ask the shopper to pay first.")
ORDER_OVER = Refusal(Kind.CONFLICT, "order_over", zh="订单已关闭或已退款，请勿交货。",
                     en="The order is closed or refunded; do not hand it over.")
ALL_REFUNDED = Refusal(Kind.CONFLICT, "all_refunded", zh="订单的商品已全部申请退款，请勿交货。",
                       en="All goods of this order are being refunded; do not hand it over.")
CASE_OPEN = Refusal(Kind.CONFLICT, "pickup_case_open", zh="订单有处理中的售后申请，请先处理完再交货。",
                    en="This order has an open after-sales case; settle it before you hand the goods over.")
