"""What should have happened by now: timers, closings, refunds and deliveries more than 60 seconds late (I17, I43)."""

from backend.checks.check import Check, shown
from backend.checks.orders import PAID

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
    Check("I17.shipping", "没有发不出又结不了的订单", "No paid order waits although nothing of it can leave any more", """
        select o.id as order_id, 'paid, nothing held' as found, 'shipped, completed, refunded, or a refund under way' as expected
        from orders o join (select order_id, sum(quantity - released_qty - shipped_qty) as held from order_lines
                            group by order_id) l on l.order_id = o.id
        where o.state = 'paid' and l.held = 0
          and not exists (select 1 from refunds r where r.order_id = o.id and r.state <> 'succeeded')""",
        "Read its refunds: what was given up there is refunded anew, or its goods are settled with the shopper.", waits=True),
    Check("I17.receipt", "到期的订单已自动收货", "An order on its way completes when the time to object is over", """
        select o.id as order_id, 'shipped at ' || cast(o.shipped_at as varchar) as found, 'a receipt that falls due' as expected
        from orders o left join (
            select distinct $event_order as order_id from outbox_events e left join deliveries d on d.event_id = e.id
            where e.name = 'OrderReceiptDue' and d.done_at is null) r on r.order_id = o.id
        where o.state = 'shipped' and r.order_id is null""", WORKER, waits=True),
    Check("I17.uploads", "发出的订单已告知微信", "WeChat is told in time of everything that left", f"""
        select o.id as order_id, o.state as found, 'WeChat is told' as expected
        from orders o join payments p on p.order_id = o.id and p.state = 'succeeded'
             left join shipping_uploads u on u.order_id = o.id
        where u.order_id is null and o.shipped_at <= :due
        union all
        select u.order_id, 'due, attempt ' || u.attempts || ' ' || coalesce(u.problem, ''), 'told since ' || {shown('u.next_at')}
        from shipping_uploads u where u.state = 'due' and u.next_at <= :due""", WORKER, waits=True),
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
