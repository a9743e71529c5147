"""The life of an after-sale case.

asked: the merchant's turn. approved: a return was agreed, the shopper's turn to send the parcel. returning: the parcel is on
its way, the merchant's turn. refunding: the money is on its way, WeChat's turn. refund_failed: WeChat said no; staff tries
again. refunded: the money arrived (or the goods had cost nothing). refused: by the merchant, with a reason. cancelled: by the
shopper. lapsed: no parcel was sent in time.
"""

from backend.kernel.machine import Machine

ASKED, APPROVED, RETURNING, REFUNDING, REFUND_FAILED = "asked", "approved", "returning", "refunding", "refund_failed"
REFUNDED, REFUSED, CANCELLED, LAPSED = "refunded", "refused", "cancelled", "lapsed"

AFTERSALE = Machine(ASKED, {
    ASKED: {APPROVED, REFUNDING, REFUNDED, REFUSED, CANCELLED},
    APPROVED: {RETURNING, REFUNDING, REFUNDED, CANCELLED, LAPSED},
    RETURNING: {REFUNDING, REFUNDED, REFUSED},
    REFUNDING: {REFUNDED, REFUND_FAILED},
    REFUND_FAILED: {REFUNDING, REFUNDED},
    REFUNDED: set(),
    REFUSED: set(),
    CANCELLED: set(),
    LAPSED: set(),
})

OPEN_STATES = tuple(state for state in AFTERSALE.states if not AFTERSALE.is_final(state))
"""States in which the case binds its lines."""

WORDS = {
    ASKED: ("待商家处理", "Waiting for the shop"),
    APPROVED: ("待寄回商品", "Please send the goods back"),
    RETURNING: ("退货途中", "Goods on their way back"),
    REFUNDING: ("退款中", "Refund on its way"),
    REFUND_FAILED: ("退款处理中", "Refund being looked into"),
    REFUNDED: ("已退款", "Refunded"),
    REFUSED: ("商家未同意", "Refused by the shop"),
    CANCELLED: ("已撤销", "Withdrawn"),
    LAPSED: ("已超时关闭", "Closed, no parcel was sent"),
}
"""What a state says to a shopper, in Chinese and English."""

NEXT = {
    ASKED: ("商家会在 {due} 前处理，逾期未处理将自动同意。您可以随时撤销申请。",
            "The shop answers by {due}; if it does not, your request is granted. You can withdraw it at any time."),
    APPROVED: ("请在 {due} 前寄回商品并填写快递单号，逾期申请会自动关闭。",
               "Please send the goods and enter the tracking number by {due}, or the request closes."),
    RETURNING: ("商家收到商品后会退款；{due} 前未确认收货将自动退款。单号填错可以修改。",
                "The shop refunds when the goods arrive, or by itself after {due}. You can correct the tracking number."),
    REFUNDING: ("退款已提交微信支付，一般几分钟内原路退回，银行卡最长 3 个工作日。",
                "The refund is with WeChat Pay; it usually takes minutes, for bank cards up to 3 working days."),
    REFUND_FAILED: ("微信支付暂未退成功，商家正在处理，您无需操作。",
                    "WeChat Pay could not refund yet; the shop is looking into it, you need not do anything."),
    REFUNDED: ("退款已原路退回。", "The money went back the way it came."),
    REFUSED: ("您可以补充说明和图片再申请一次，或提交投诉，由专人处理。",
              "You may ask once more with new evidence, or file a complaint that a named person answers."),
    CANCELLED: ("在售后期内仍可重新申请。", "You may ask again while the time for it lasts."),
    LAPSED: ("在售后期内仍可重新申请。", "You may ask again while the time for it lasts."),
}
"""What can be done now and by when, in Chinese and English; `{due}` is the deadline."""
