"""What should have happened by now: timers, closings, refunds and deliveries more than 60 seconds late (I17, I43)."""

from backend.queries.books.check import Check, shown
from backend.queries.books.orders import PAID

WORKER = "See that Redis, worker and cron run (`python3 -m backend doctor`); then read the errors of open deliveries."

CHECKS = (
    Check("I17.unpaid", "超时未付的订单已关闭", "An order whose time to pay is over is closed", """
        select o.id as order_id, o.state as found, 'closed or paid since ' || cast(o.pay_before as varchar) as expected
        from orders o where o.state = 'unpaid' and o.pay_before <= :due""", WORKER, waits=True),
    Check("I17.closing", "关闭中的订单已有结果", "An order that is closing comes to its end", """
        select o.id as order_id, o.state as found, 'closed or paid since ' || cast(m.at as varchar) as expected
        from orders o join order_moves m on m.order_id = o.id and m.seq = o.moves
        where o.state = 'closing' and m.at <= :due""", WORKER, waits=True),
    Check("I17.attempts", "进行中的付款按时查询", "WeChat is asked in time about every attempt that is under way", f"""
        select p.id as payment_id, p.state as found, 'asked about at ' || {shown('p.next_query_at')} as expected
        from payments p where (p.state in ('asked', 'open') and p.next_query_at <= :due)
                           or (p.state = 'open' and p.next_query_at is null)
        union all
        select p.id, p.state, 'closed, for order ' || o.id || ' is paid'
        from payments p join orders o on o.id = p.order_id
        where p.state in ('asked', 'open') and o.state in {PAID} and o.paid_at <= :due""",
        WORKER, waits=True),
    Check("I17.refunds", "退款按时发出并查询", "Every refund is sent in time and asked about until it ends", f"""
        select r.id as refund_id, r.state as found, 'sent since ' || cast(r.send_at as varchar) as expected
        from refunds r where r.state = 'asked' and r.send_at <= :due
        union all
        select r.id, r.state, 'asked about at ' || {shown('r.next_query_at')} from refunds r
        where r.state = 'sent' and (r.next_query_at is null or r.next_query_at <= :due)""", WORKER, waits=True),
    Check("I43.unfanned", "事件已派发", "Every event is fanned out", """
        select e.id as event_id, e.name as name, 'emitted at ' || cast(e.emitted_at as varchar) as found,
               'fanned out' as expected
        from outbox_events e where not e.fanned and e.emitted_at <= :due""", WORKER, waits=True),
    Check("I43.late", "到期任务已完成", "What was due is done", """
        select d.event_id, d.reaction, 'attempt ' || d.attempt || ' ' || coalesce(substr(d.error, 1, 200), '')
               as found, 'done since ' || cast(d.due_at as varchar) as expected
        from deliveries d where d.done_at is null and d.dead_at is null and d.due_at <= :due""", WORKER, waits=True),
    Check("I43.lost", "没有丢失的任务", "No delivery was left by its worker", f"""
        select d.event_id, d.reaction, 'attempt ' || d.attempt || ', lease ' || {shown('d.lease_until')} ||
               ', again ' || {shown('d.retry_at')} as found, 'looked after within 60 seconds' as expected
        from deliveries d where d.done_at is null and d.dead_at is null
          and (d.lease_until <= :real_due or (d.lease_until is null and d.retry_at <= :real_due))""",
        WORKER, waits=True),
)
