"""Record what a shopper said to subscribe messages in WeChat's window."""

from collections.abc import Mapping

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.messages import store as messages
from backend.messages.rules import kind_in_journal, templates


def record_message_consents(ctx: Context, *, answers: Mapping[str, str], key: ClientKey | None = None) -> None:
    """Add each answer (template id → accept, reject, ban) to the journal; an accept lets one more message through.

    Refuses templates that are not ours (`message_template`) and other words (`message_answer`); then nothing is recorded.
    """
    member_id = ctx.actor.member_id
    known = templates(ctx.settings.message_templates)
    kinds = {template_id: kind_in_journal(answer, template_id, known) for template_id, answer in answers.items()}
    with transaction(ctx) as tx:
        if claim(tx, key, "record_message_consents", {}) is not None:
            return
        for template_id in sorted(kinds):
            messages.add_consent(tx, member_id, template_id, kinds[template_id])
