"""Pick-ups: whoever waits has one live code; goods are handed over once, by staff, and then the order is complete (I12)."""

from backend.checks.check import Check, shown

CODE = "Have the shopper take a new code (the order's page offers it); when that does not help, hand over from the list."
TALE = "Ask the point who took the goods, then compare stock and history before you correct anything."

CHECKS = (
    Check("I12.pickup", "自提订单都有自提点", "An order is fetched at a point exactly when it says so", """
        select o.id as order_id, o.delivery || ', ' || coalesce(p.point_id, 'no point') as found,
               case when o.delivery = 'pickup' then 'pickup, a point' else o.delivery || ', no point' end as expected
        from orders o left join pickups p on p.order_id = o.id
        where (o.delivery = 'pickup') <> (p.order_id is not null)""",
          "Find what wrote one without the other; until then hand the order over by hand and note it."),
    Check("I12.live-code", "待自提订单恰有一个取货码", "An order has a live code exactly while it waits to be fetched", """
        select o.id as order_id, o.state || ', ' || case when c.order_id is null then 'no code' else 'a code for ' || c.point_id
               end as found,
               case when o.state = 'paid' then 'a code for ' || p.point_id else 'no code' end as expected
        from orders o join pickups p on p.order_id = o.id left join pickup_codes c on c.order_id = o.id
        where (o.state = 'paid') <> (c.order_id is not null) or c.point_id <> p.point_id""", CODE),
    Check("I12.one-code", "取货码不重复", "No two live codes are alike, and no order has two", """
        select c.order_id, c.code_index, count(*) as found, 1 as expected from pickup_codes c
        group by c.order_id, c.code_index having count(*) > 1
        union all
        select min(c.order_id), c.code_index, count(*), 1 from pickup_codes c group by c.code_index having count(*) > 1
        union all
        select c.order_id, '', count(*), 1 from pickup_codes c group by c.order_id having count(*) > 1""", CODE),
    Check("I12.handed-over", "交货即完成并出库", "What was handed over is completed, and its goods have left", f"""
        select o.id as order_id, o.state || ', handed over ' || {shown('p.handed_over_at')} || ', ' || coalesce(l.gone, 0) ||
               ' gone' as found,
               'handed over when its goods left, then completed or refunded' as expected
        from orders o join pickups p on p.order_id = o.id
             left join (select order_id, sum(shipped_qty) as gone from order_lines group by order_id) l on l.order_id = o.id
        where (p.handed_over_at is not null) <> (coalesce(l.gone, 0) > 0)
           or (p.handed_over_at is not null and (o.state not in ('completed', 'refunded') or o.completed_at is null
                                                 or o.completed_at <> p.handed_over_at))
           or o.state = 'shipped'""", TALE),
    Check("I12.by-staff", "交货人都是该店员工", "Goods were handed over by a member of staff, with a trace", """
        select p.order_id, coalesce(p.handed_over_by, 'nobody') || ', ' || coalesce(a.n, 0) || ' traces' as found,
               'staff, 1 traces' as expected
        from pickups p left join staff s on 'staff:' || s.id = p.handed_over_by
             left join (select subject, actor, count(*) as n from audit_log where action = 'hand_over' group by subject, actor) a
                  on a.subject = p.order_id and a.actor = p.handed_over_by
        where p.handed_over_at is not null and (s.id is null or coalesce(a.n, 0) <> 1)""", TALE),
)
