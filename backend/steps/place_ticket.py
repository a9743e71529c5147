"""Find what a ticket is about: the member, perhaps an order and a line of it, and the store that answers."""

from backend.infra.uow import Reading
from backend.kernel.errors import NOT_FOUND
from backend.members import store as members
from backend.orders import store as orders
from backend.organisation import MAIN_STORE
from backend.tickets.refusals import ABOUT


def place_ticket(rd: Reading, member_id: str, order_id: str | None, order_line_id: str | None) -> dict[str, str | None]:
    """{order_id, order_line_id, store_id} of a new ticket; without an order the main store answers.

    Refuses unknown members (`not_found`), and orders and lines that are not the member's (`ticket_about`).
    """
    if members.find_member(rd, member_id) is None:
        raise NOT_FOUND()
    if order_id is None:
        if order_line_id is not None:
            raise ABOUT()
        return {"order_id": None, "order_line_id": None, "store_id": MAIN_STORE}
    order = orders.find_order(rd, order_id)
    if order is None or order.member_id != member_id:
        raise ABOUT()
    if order_line_id is not None and order_line_id not in orders.line_money(rd, order_id)[1]:
        raise ABOUT()
    return {"order_id": order_id, "order_line_id": order_line_id, "store_id": order.store_id}
