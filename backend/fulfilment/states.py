"""The lives of a parcel, and of what WeChat is told about an order's goods.

Parcel – underway: it left. delivered: somebody took it. returned: it came back, or got lost.

Upload – due: WeChat is to be told, or told anew. sent: WeChat knows what we know. failed: WeChat said no; a person may look
and try again. gave_up: nothing more can be told of this payment, such as when its one correction has been used.
"""

from backend.kernel.machine import Machine

UNDERWAY, DELIVERED, RETURNED = "underway", "delivered", "returned"
DUE, SENT, FAILED, GAVE_UP = "due", "sent", "failed", "gave_up"

PARCEL = Machine(UNDERWAY, {UNDERWAY: {DELIVERED, RETURNED}, DELIVERED: {RETURNED}, RETURNED: set()})

UPLOAD = Machine(DUE, {
    DUE: {SENT, FAILED, GAVE_UP},
    SENT: {DUE},
    FAILED: {DUE},
    GAVE_UP: {DUE},
})

PARCEL_WORDS = {
    UNDERWAY: ("运输中", "On its way"),
    DELIVERED: ("已签收", "Delivered"),
    RETURNED: ("已退回", "Returned"),
}
"""What a parcel's state says to people, in Chinese and English."""

UPLOAD_WORDS = {
    DUE: ("等待上传", "To be uploaded"),
    SENT: ("已上传", "Uploaded"),
    FAILED: ("上传失败", "Failed"),
    GAVE_UP: ("无法再上传", "Given up"),
}
