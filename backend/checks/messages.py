"""Messages: consents are what their journal says, each send cost one, and none is forgotten (PH66)."""

from backend.checks.check import Check, shown

CHECKS = (
    Check("I62.balance", "订阅余额与流水一致", "A balance of consents is the sum of its journal", f"""
        select coalesce(b.member_id, j.member_id) as member_id, coalesce(b.template_id, j.template_id) as template_id,
               {shown('b.balance')} as found, {shown('j.total')} as expected
        from (select member_id, template_id from message_balances union select member_id, template_id from consent_moves) k
        left join message_balances b on b.member_id = k.member_id and b.template_id = k.template_id
        left join (select member_id, template_id, sum(change) as total from consent_moves group by member_id, template_id) j
               on j.member_id = k.member_id and j.template_id = k.template_id
        where b.balance is null or j.total is null or b.balance <> j.total or b.balance < 0""",
          "Set the balance to the sum of the journal; too much only costs a refused message."),
    Check("I62.allowed", "发送数不超过授权数", "No more messages are sent than were let through", """
        select m.member_id, m.template_id,
               sum(case m.kind when 'spent' then 1 when 'returned' then -1 else 0 end) as found,
               sum(case when m.kind = 'accepted' then 1 else 0 end) as expected
        from consent_moves m group by m.member_id, m.template_id
        having sum(case m.kind when 'spent' then 1 when 'returned' then -1 else 0 end)
             > sum(case when m.kind = 'accepted' then 1 else 0 end)""",
          "Stop sending to this member, and find what spent a consent that was not there."),
    Check("I62.cost", "每条消息花一次授权", "A message costs one consent, and only a refused one gives it back", """
        select m.id as message_id, m.state || ', ' || coalesce(c.spent, 0) || ' spent, ' || coalesce(c.returned, 0) || ' back'
               as found, case when m.state = 'skipped' then 'none spent' else 'one spent, back only if it failed' end as expected
        from messages m left join (
            select message_id, sum(case when kind = 'spent' then 1 else 0 end) as spent,
                   sum(case when kind = 'returned' then 1 else 0 end) as returned
            from consent_moves where message_id is not null group by message_id) c on c.message_id = m.id
        where coalesce(c.spent, 0) <> case when m.state = 'skipped' then 0 else 1 end
           or coalesce(c.returned, 0) > case when m.state = 'failed' then 1 else 0 end
        union all
        select c.message_id, c.kind, 'of a message' from consent_moves c left join messages m on m.id = c.message_id
        where c.message_id is not null and m.id is null""",
          "Correct the journal by hand, then the balance; find what sent round `usecases/send_message.py`."),
    Check("I62.forgotten", "没有被遗忘的消息", "A message that waits has its delivery", """
        select m.id as message_id, m.state as found, 'a delivery that is to be done' as expected
        from messages m where m.state in ('waiting', 'sending') and not exists (
            select 1 from outbox_events e left join deliveries d on d.event_id = e.id
            where e.name = 'MessageAsked' and $message_of = m.id
              and ((d.event_id is null and not e.fanned) or (d.event_id is not null and d.done_at is null)))""",
          "Emit MessageAsked for it if the news is fresh; one that was `sending` becomes unknown."),
)
