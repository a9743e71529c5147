"""Have a member told something by a subscribe message, if they let one through."""

from collections.abc import Mapping
from datetime import datetime

from backend.infra.uow import Transaction
from backend.kernel.ids import new_id
from backend.messages import store as messages
from backend.messages.events import MessageAsked
from backend.messages.rules import Template, fill
from backend.messages.states import SKIPPED, WAITING


def ask_message(tx: Transaction, member_id: str, name: str, template: Template | None, about: str, page: str,
                values: Mapping[str, str | int | datetime]) -> None:
    """Write the message down and spend one consent for it; without one it is skipped, and nothing is sent.

    At most one message of a template about one thing, however often it is asked for. No template: nothing.
    """
    if template is None:
        return
    message_id = new_id("msg", tx.now)
    message = {"id": message_id, "member_id": member_id, "template": name, "template_id": template.id, "about": about,
               "page": page, "fields": fill(template, values), "state": WAITING, "asked_at": tx.now}
    if not messages.insert_message(tx, message):
        return
    if messages.spend(tx, member_id, template.id, message_id):
        tx.emit(MessageAsked(message_id))
        return
    waiting = messages.find_message(tx, message_id)
    assert waiting is not None
    messages.move(tx, waiting, SKIPPED, "no consent left")
