"""After-sales and tickets: cases, their lines and their refunds tell the same story (I08, I29–I31, I48); nobody waits (I17)."""

from backend.aftersales.states import AFTERSALE
from backend.checks.check import Check, shown
from backend.checks.waiting import WORKER
from backend.tickets.states import TICKET

LOOK = "Read the case's history and its refund, and correct it by the use case that failed, not by hand."
MONEY = "Do not refund this order before the case, its refund and the order's lines were compared."
_OPEN = "('asked', 'approved', 'returning', 'refunding', 'refund_failed')"


def _moves(machine: object, of: str) -> str:
    moves = machine.moves  # type: ignore[attr-defined]
    return " or ".join(f"({of}.from_state = '{old}' and {of}.to_state = '{new}')" for old in moves for new in sorted(moves[old]))


CHECKS = (
    Check("I08.cases", "售后历史连贯", "The history of a case is without gaps, along the table, and ends in its state", f"""
        select a.id as aftersale_id, coalesce(m.n, 0) || ' rows to ' || coalesce(m.highest, 0) || ', ' ||
               {shown('z.to_state')} as found, a.moves || ' rows to ' || a.moves || ', ' || a.state as expected
        from aftersales a left join (select aftersale_id, count(*) as n, max(seq) as highest from aftersale_moves
                                     group by aftersale_id) m on m.aftersale_id = a.id
             left join aftersale_moves z on z.aftersale_id = a.id and z.seq = a.moves
        where m.n is null or m.n <> a.moves or m.highest <> a.moves or z.to_state is null or z.to_state <> a.state
        union all
        select m.aftersale_id, m.from_state || ' → ' || m.to_state, 'a declared move'
        from aftersale_moves m where m.from_state is not null and not ({_moves(AFTERSALE, 'm')})""", LOOK),
    Check("I08.tickets", "工单历史与留言连贯", "History and thread of a ticket are without gaps", f"""
        select t.id as ticket_id, coalesce(m.n, 0) || ' steps to ' || {shown('z.to_state')} || ', ' || coalesce(w.n, 0) ||
               ' messages' as found, t.moves || ' steps to ' || t.state || ', ' || t.messages || ' messages' as expected
        from tickets t left join (select ticket_id, count(*) as n, max(seq) as highest from ticket_moves group by ticket_id) m
                  on m.ticket_id = t.id
             left join ticket_moves z on z.ticket_id = t.id and z.seq = t.moves
             left join (select ticket_id, count(*) as n, max(seq) as highest from ticket_messages group by ticket_id) w
                  on w.ticket_id = t.id
        where m.n is null or m.n <> t.moves or m.highest <> t.moves or z.to_state is null or z.to_state <> t.state
           or w.n is null or w.n <> t.messages or w.highest <> t.messages
        union all
        select m.ticket_id, m.from_state || ' → ' || m.to_state, 'a declared move'
        from ticket_moves m where m.from_state is not null and m.from_state <> m.to_state
          and not ({_moves(TICKET, 'm')})""", LOOK),
    Check("I30.one-case", "一个明细最多一个进行中的售后",
          "An order line is in one open case at most, and an open case binds its lines", f"""
        select l.order_line_id, '' as aftersale_id, cast(count(*) as varchar) as found, '1 open case' as expected
        from aftersale_lines l where l.is_open group by l.order_line_id having count(*) > 1
        union all
        select l.order_line_id, a.id, a.state || case when l.is_open then ', bound' else ', free' end, 'bound while it is open'
        from aftersale_lines l join aftersales a on a.id = l.aftersale_id
        where l.is_open <> (a.state in {_OPEN})""", LOOK),
    Check("I30.case-units", "售后数量不超过可退",
          "What is asked for is still there: refunded and asked units are never more than bought", """
        select l.order_line_id, a.id as aftersale_id, o.refund_qty || ' refunded, ' || l.quantity || ' asked' as found,
               'at most ' || o.quantity || ' of its own order' as expected
        from aftersale_lines l join aftersales a on a.id = l.aftersale_id join order_lines o on o.id = l.order_line_id
        where (a.state in ('asked', 'approved', 'returning') and o.refund_qty + l.quantity > o.quantity)
           or o.order_id <> a.order_id""", MONEY),
    Check("I30.case-sums", "售后金额等于其明细之和", "A case is the sum of its lines", """
        select a.id as aftersale_id, a.asked_fen || ' asked, ' || coalesce(a.given_fen, -1) || ' given' as found,
               coalesce(l.asked, 0) || ' asked, ' || coalesce(l.given, -1) || ' given' as expected
        from aftersales a left join (select aftersale_id, sum(asked_fen) as asked, sum(given_fen) as given
                                     from aftersale_lines group by aftersale_id) l on l.aftersale_id = a.id
        where a.asked_fen <> coalesce(l.asked, 0) or coalesce(a.given_fen, -1) <> coalesce(l.given, -1)""", MONEY),
    Check("I31.case-refund", "已退款的售后必有成功退款",
          "A case is refunded when its refund succeeded, or when there was nothing to pay back", """
        select a.id as aftersale_id, a.state || ', refund ' || coalesce(r.state, 'none') as found,
               'the state that its refund leads to' as expected
        from aftersales a left join refunds r on r.id = a.refund_id
        where (a.state = 'refunded' and coalesce(r.state, '') <> 'succeeded'
               and not (r.id is null and coalesce(a.given_fen, 0) + a.freight_fen = 0))
           or (a.state in ('asked', 'approved', 'returning', 'refused', 'cancelled', 'lapsed') and r.id is not null)
           or (a.state in ('refunding', 'refund_failed') and r.id is null)""", MONEY),
    Check("I29.case-refund", "退款不超过售后同意的金额",
          "The refund of a case gives what was agreed, of its own lines, no more and no less; the last fen takes goods along that"
          " are still here", """
        select a.id as aftersale_id, x.order_line_id, x.quantity || ' for ' || x.amount_fen as found,
               'at most ' || coalesce(l.quantity, 0) || ' for ' || coalesce(l.given_fen, 0) as expected
        from aftersales a join refunds r on r.id = a.refund_id join refund_lines x on x.refund_id = r.id
             left join aftersale_lines l on l.aftersale_id = a.id and l.order_line_id = x.order_line_id
        where x.amount_fen <> coalesce(l.given_fen, 0)
           or x.quantity > coalesce(l.quantity, 0) and (x.shipped_qty > coalesce(l.quantity, 0)
              or (select sum(p.amount_fen) from refunds p where p.order_id = a.order_id and p.kind = 'order' and p.id <= r.id)
                 < (select o.paid_fen from orders o where o.id = a.order_id))
        union all
        select a.id, '', r.order_id || ', freight ' || r.freight_fen, a.order_id || ', freight at most ' || a.freight_fen
        from aftersales a join refunds r on r.id = a.refund_id
        where r.order_id <> a.order_id or r.freight_fen > a.freight_fen""", MONEY),
    Check("I17.cases", "售后到期已处理", "A case whose deadline has passed, or whose refund has ended, has moved on", """
        select a.id as aftersale_id, a.state as found, 'moved on since ' || cast(a.due_at as varchar) as expected
        from aftersales a where a.due_at <= :due
        union all
        select a.id, a.state, 'refunded since ' || cast(r.ended_at as varchar)
        from aftersales a join refunds r on r.id = a.refund_id
        where a.state in ('refunding', 'refund_failed') and r.state = 'succeeded' and r.ended_at <= :due
        union all
        select a.id, a.state, 'told that its refund is ' || r.state
        from aftersales a join refunds r on r.id = a.refund_id
             join aftersale_moves m on m.aftersale_id = a.id and m.seq = a.moves
        where a.state = 'refunding' and r.state in ('abnormal', 'closed') and m.at <= :due""", WORKER, waits=True),
    Check("I17.tickets", "逾期工单已标记", "A ticket that nobody answered in time is marked", """
        select t.id as ticket_id, t.state as found, 'marked since ' || cast(t.due_at as varchar) as expected
        from tickets t where t.due_at <= :due and t.overdue_at is null""", WORKER, waits=True),
    Check("I48.cases", "员工处理售后都有审计记录", "Every decision of staff on a case stands in the audit log", """
        select m.aftersale_id, coalesce(a.n, 0) as found, m.n as expected
        from (select aftersale_id, count(*) as n from aftersale_moves where actor like 'staff:%' group by aftersale_id) m
             left join (select subject, count(*) as n from audit_log
                        where action in ('approve_aftersale', 'refuse_aftersale', 'receive_return', 'retry_aftersale_refund')
                        group by subject) a on a.subject = m.aftersale_id
        where coalesce(a.n, 0) < m.n""", "Find out who decided without leaving a trace."),
    Check("I48.tickets", "员工处理工单都有审计记录", "Every step of staff on a complaint stands in the audit log", """
        select m.ticket_id, coalesce(a.n, 0) as found, m.n as expected
        from (select ticket_id, count(*) as n from ticket_moves where actor like 'staff:%' group by ticket_id) m
             left join (select subject, count(*) as n from audit_log
                        where action in ('enter_ticket', 'answer_ticket', 'assign_ticket', 'close_ticket') group by subject) a
             on a.subject = m.ticket_id
        where coalesce(a.n, 0) < m.n""", "Find out who answered without leaving a trace."),
)
