"""Parcels: whoever sent, corrected or counted goods left a trace, and WeChat was told of what left wholly (I12, I48)."""

from backend.checks.check import Check

TRACE = "Find out who did it past the console."

CHECKS = (
    Check("I12.told", "全部发出后已告知微信发完", "WeChat knows of an order that left wholly that it is complete", """
        select u.order_id, u.state || ', complete ' || u.completions || ' times' as found, 'complete once or twice' as expected
        from shipping_uploads u join orders o on o.id = u.order_id
        where u.state = 'sent' and o.shipped_at is not null and u.completions = 0""",
          "Have WeChat told once more (`retry_shipping_upload`).", waits=True),
    Check("I48.parcels", "员工发出的每个包裹都有审计记录",
          "Every parcel that staff sent, and every correction, stands in the audit log", """
        select p.order_id, coalesce(a.sent, 0) || ' sent, ' || coalesce(a.corrected, 0) || ' corrections' as found,
               p.n || ' sent, at least ' || p.corrected || ' corrections' as expected
        from (select p.order_id, count(s.id) as n, sum(case when p.corrected_at is null then 0 else 1 end) as corrected
              from parcels p left join staff s on 'staff:' || s.id = p.shipped_by group by p.order_id) p
             left join (select subject, sum(case when action = 'ship_order' then 1 else 0 end) as sent,
                               sum(case when action = 'correct_parcel' then 1 else 0 end) as corrected
                        from audit_log where action in ('ship_order', 'correct_parcel') group by subject) a
                    on a.subject = p.order_id
        where coalesce(a.sent, 0) < p.n or coalesce(a.corrected, 0) < p.corrected""", TRACE),
    Check("I48.stock", "员工每次调整库存都有审计记录", "Every change that staff made to the stock stands in the audit log", """
        select m.sku_id, coalesce(a.n, 0) as found, m.n as expected
        from (select m.sku_id, count(*) as n from stock_moves m join staff s on 'staff:' || s.id = m.actor
              where m.kind = 'adjust' group by m.sku_id) m
             left join (select subject, count(*) as n from audit_log where action = 'adjust_stock' group by subject) a
                    on a.subject = m.sku_id
        where coalesce(a.n, 0) < m.n""", TRACE),
    Check("I48.prices", "每次改价都有审计记录", "Every order whose price staff lowered stands in the audit log", """
        select o.id as order_id, 'lowered, ' || coalesce(a.n, 0) || ' traces' as found, 'a trace for each time' as expected
        from orders o left join (select subject, count(*) as n from audit_log where action = 'change_order_price'
                                 group by subject) a on a.subject = o.id
        where cast(o.explanation as varchar) like '%_adjustment"%' and coalesce(a.n, 0) = 0""", TRACE),
)
