"""THE table: event → use cases, and moment → event. Nothing else happens "by itself"."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

from backend.aftersales.events import (
    AftersaleAnswerDue,
    AftersaleApproved,
    AftersaleAsked,
    AftersaleEnded,
    AftersaleParcelDue,
    AftersaleReceiptDue,
)
from backend.books.events import BooksCheckDue, BooksSliceDue
from backend.catalog.events import DealCountDue
from backend.exports.events import ExportAsked, ExportEnded, ExportExpiryDue, ExportSliceDue
from backend.fulfilment.events import ParcelCorrected, ParcelShipped, ShippingUploadDue, ShippingUploadsDue
from backend.imports.events import ImportCheckDue, ImportEnded, ImportReadDue, ImportReceived, ImportRunDue
from backend.infra.housekeeping import HousekeepingDue, IndexingDue
from backend.insights.events import SalesCountDue
from backend.kernel.calendar import business_day
from backend.kernel.rhythm import Daily, Entry, Every
from backend.messages.events import MessageAsked
from backend.orders.events import (
    OrderClosed,
    OrderClosing,
    OrderCompleted,
    OrderHandedOver,
    OrderPaid,
    OrderPaymentDue,
    OrderPlaced,
    OrderReceiptDue,
    OrderRefunded,
    OrderShipped,
)
from backend.payments.events import (
    BillDue,
    OpenMoneyQueryDue,
    PaymentQuarantined,
    PaymentQueryDue,
    PaymentSuperseded,
    RefundAsked,
    RefundFailed,
    RefundQueryDue,
)
from backend.pickups.events import OrderReadyForPickup, PickupOverdue, PickupReminderDue
from backend.reviews.events import ReviewsChanged
from backend.screenings.events import ContentWritten, PictureJudged, ScreeningOverdue
from backend.tickets.events import TicketAnswerDue, TicketAnswered, TicketClosed, TicketOpened, TicketOverdue, TicketSilenceDue
from backend.usecases.apply_picture_verdict import apply_picture_verdict
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.check_books_slice import check_books_slice
from backend.usecases.check_import import check_import
from backend.usecases.check_payment import check_payment
from backend.usecases.check_refund import check_refund
from backend.usecases.clear_export import clear_export
from backend.usecases.clear_import import clear_import
from backend.usecases.close_order import close_order
from backend.usecases.close_payment import close_payment
from backend.usecases.close_silent_ticket import close_silent_ticket
from backend.usecases.compare_bill import compare_bill
from backend.usecases.complete_order import complete_order
from backend.usecases.count_deals import count_deals
from backend.usecases.count_reviews import count_reviews
from backend.usecases.count_sales import count_sales
from backend.usecases.escalate_ticket import escalate_ticket
from backend.usecases.forget_old import forget_old
from backend.usecases.give_up_screening import give_up_screening
from backend.usecases.index_phones import index_phones
from backend.usecases.keep_months import keep_months
from backend.usecases.lapse_aftersale import lapse_aftersale
from backend.usecases.open_books_run import open_books_run
from backend.usecases.plan_shipping_upload import plan_shipping_upload
from backend.usecases.query_open_money import query_open_money
from backend.usecases.read_import import read_import
from backend.usecases.receive_return import receive_return
from backend.usecases.remind_pickup import remind_pickup
from backend.usecases.run_export import run_export
from backend.usecases.run_import import run_import
from backend.usecases.screen_content import screen_content
from backend.usecases.send_message import send_message
from backend.usecases.send_refund import send_refund
from backend.usecases.settle_aftersale import settle_aftersale
from backend.usecases.sweep_imports import sweep_imports
from backend.usecases.sweep_shipping_uploads import sweep_shipping_uploads
from backend.usecases.sweep_uploads import sweep_uploads
from backend.usecases.tell_ready import tell_ready
from backend.usecases.tell_refunded import tell_refunded
from backend.usecases.tell_shipped import tell_shipped
from backend.usecases.upload_shipping import upload_shipping

UseCase = Callable[..., Any]

REACTIONS: dict[type, tuple[UseCase, ...]] = {
    OrderPlaced: (),
    OrderPaymentDue: (close_order,),
    OrderClosing: (close_order,),
    OrderClosed: (),
    OrderPaid: (),
    OrderRefunded: (settle_aftersale, tell_refunded),
    OrderShipped: (tell_shipped,),
    OrderHandedOver: (plan_shipping_upload,),
    OrderReadyForPickup: (tell_ready,),
    PickupReminderDue: (remind_pickup,),
    PickupOverdue: (),
    OrderReceiptDue: (complete_order,),
    OrderCompleted: (),
    ParcelShipped: (),
    ParcelCorrected: (),
    ShippingUploadDue: (upload_shipping,),
    ShippingUploadsDue: (sweep_shipping_uploads,),
    PaymentSuperseded: (close_payment,),
    PaymentQueryDue: (check_payment,),
    PaymentQuarantined: (),
    RefundAsked: (send_refund,),
    RefundQueryDue: (check_refund,),
    RefundFailed: (settle_aftersale,),
    AftersaleAsked: (),
    AftersaleApproved: (),
    AftersaleEnded: (),
    AftersaleAnswerDue: (approve_aftersale,),
    AftersaleParcelDue: (lapse_aftersale,),
    AftersaleReceiptDue: (receive_return,),
    TicketOpened: (),
    TicketAnswered: (),
    TicketClosed: (),
    TicketOverdue: (),
    TicketAnswerDue: (escalate_ticket,),
    TicketSilenceDue: (close_silent_ticket,),
    OpenMoneyQueryDue: (query_open_money,),
    BillDue: (compare_bill,),
    DealCountDue: (count_deals,),
    SalesCountDue: (count_sales,),
    ExportAsked: (run_export,),
    ExportSliceDue: (run_export,),
    ExportEnded: (clear_export,),
    ExportExpiryDue: (clear_export,),
    ContentWritten: (screen_content,),
    ImportCheckDue: (check_import,),
    ImportEnded: (clear_import,),
    ImportReadDue: (read_import,),
    ImportReceived: (read_import,),
    ImportRunDue: (run_import,),
    MessageAsked: (send_message,),
    PictureJudged: (apply_picture_verdict,),
    ReviewsChanged: (count_reviews,),
    ScreeningOverdue: (give_up_screening,),
    BooksCheckDue: (open_books_run,),
    BooksSliceDue: (check_books_slice,),
    HousekeepingDue: (forget_old, keep_months, sweep_uploads, sweep_imports, index_phones),
    IndexingDue: (index_phones,),
}
"""A reaction is called as `use_case(ctx, **ids of the event)`; it checks state first and is harmless when run twice."""


TIMETABLE = (
    Entry("query_open_money", Every(30), lambda moment: OpenMoneyQueryDue()),
    Entry("sweep_shipping_uploads", Every(30), lambda moment: ShippingUploadsDue()),
    Entry("count_deals", Every(600), lambda moment: DealCountDue()),
    Entry("count_sales", Every(600), lambda moment: SalesCountDue()),
    Entry("compare_bill", Daily(time(10, 30)), lambda moment: BillDue((business_day(moment) - timedelta(days=1)).isoformat())),
    Entry("check_books", Daily(time(3, 20), catch_up=0), lambda moment: BooksCheckDue()),
    Entry("housekeeping", Daily(time(4, 10), catch_up=0), lambda moment: HousekeepingDue()),
)

EVENTS = {event.__name__: event for event in REACTIONS}
NAMES = {event.__name__: tuple(use_case.__name__ for use_case in use_cases) for event, use_cases in REACTIONS.items()}
"""Event name → names of its reactions: what the relay fans out."""


def find(event_name: str, reaction: str) -> UseCase | None:
    """The use case behind a delivery, or None when the table no longer has it."""
    event = EVENTS.get(event_name)
    return next((each for each in REACTIONS[event] if each.__name__ == reaction), None) if event else None
