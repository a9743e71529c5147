"""What after-sales refuse."""

from backend.kernel.errors import Kind, Refusal

NOT_NOW = Refusal(Kind.CONFLICT, "aftersale_not_now", zh="售后单当前状态不能进行此操作，请刷新后再试。",
                  en="This is not possible in the request's present state; please refresh.")
ORDER_NOT_NOW = Refusal(Kind.CONFLICT, "aftersale_order_not_now", zh="该订单当前不能申请售后。",
                        en="After-sale is not possible for this order now.")
WINDOW_OVER = Refusal(Kind.CONFLICT, "aftersale_window_over",
                      zh="已超过收货后 {days} 天的售后期；如有问题请提交投诉，会有专人处理。",
                      en="The {days} days after receipt are over; please file a complaint, a named person will answer.")
LINE_IN_CASE = Refusal(Kind.CONFLICT, "aftersale_open", zh="该商品有正在处理的售后，请先处理完或撤销后再操作。",
                       en="This line has an open after-sale request; finish or withdraw it first.")
LINE_REFUSED_TWICE = Refusal(Kind.CONFLICT, "aftersale_refused_twice",
                             zh="该商品的售后申请已两次未通过，请提交投诉，会有专人处理。",
                             en="Two requests for this line were refused; please file a complaint, a named person will answer.")
NOTHING_ASKED = Refusal(Kind.INVALID, "aftersale_nothing", zh="请选择要售后的商品。", en="Please choose the goods.")
LINE_UNKNOWN = Refusal(Kind.INVALID, "aftersale_line", zh="所选商品不属于该订单，或选了两次。",
                       en="This line does not belong to the order, or was chosen twice.")
KIND_NOT_NOW = Refusal(Kind.CONFLICT, "aftersale_kind", zh="该商品不能申请这种售后：未发货的商品只能申请仅退款。",
                       en="This kind is not possible for the line: goods that were not shipped can only be refunded.")
QUANTITY_LEFT = Refusal(Kind.CONFLICT, "aftersale_quantity", zh="数量须在 1 到 {left} 之间。",
                        en="The quantity must lie between 1 and {left}.")
AMOUNT = Refusal(Kind.CONFLICT, "aftersale_amount", zh="退款金额超出范围，最多 {most}，请刷新后再试。",
                 en="The amount is out of bounds; at most {most}. Please refresh.")
UNSHIPPED_WHOLE = Refusal(Kind.CONFLICT, "aftersale_unshipped_whole", zh="未发货的商品按实付全额退款，无需填写金额。",
                          en="Goods that were not shipped are refunded in full; leave the amount out.")
REASON_UNKNOWN = Refusal(Kind.INVALID, "aftersale_reason", zh="请选择售后原因。", en="Please choose a reason.")
TEXT_NEEDED = Refusal(Kind.INVALID, "aftersale_text_needed", zh="请补充说明原因（1–500 字）。",
                      en="Please describe what happened (1–500 characters).")
TOO_MANY_PICTURES = Refusal(Kind.INVALID, "aftersale_pictures", zh="最多上传 {limit} 张图片，每张一次。",
                            en="At most {limit} pictures, each of them once.")
WORDS_NEEDED = Refusal(Kind.INVALID, "aftersale_words_needed", zh="请写明原因（1–200 字），顾客会看到。",
                       en="Please give a reason (1–200 characters); the shopper will read it.")
FREIGHT = Refusal(Kind.CONFLICT, "aftersale_freight", zh="可退运费最多 {most}。",
                  en="At most {most} of the freight is left.")
NO_RETURN_ADDRESS = Refusal(
    Kind.CONFLICT, "aftersale_no_return_address",
    zh="店铺还没有完整的退货地址，顾客不知道寄到哪里。请先在「系统 › 设置 › 店铺」填写退货收件人、退货电话和退货地址，再同意退货。",
    en="The shop has no complete address for returns, so the shopper would not know where to send the goods. First fill in"
       " “Returns go to”, “Phone for returns” and “Address for returns” under System › Settings › Shop, then grant the return.")
PARCEL = Refusal(Kind.INVALID, "aftersale_parcel", zh="请填写快递公司和 6–40 位快递单号（字母、数字、短横线）。",
                 en="Please give the courier and a tracking number of 6–40 letters, digits or dashes.")
