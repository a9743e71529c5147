"""Stock: journal, levels and orders tell the same story (I13, I18–I20, I32)."""

from backend.checks.check import Check
from backend.checks.orders import PAID
from backend.checks.refunds import FREE

COUNT = "Count the SKU on the shelf, then adjust it with that reason; find what wrote the wrong number."
LINE_OF = "substr(m.cause, $instr(m.cause, '/') + 1)"
"""The order line that a promise or its return names: `oli_…` or `ref_…/oli_…`."""
_LEFT = "case when $instr(m.cause, '/') > 0 then substr(m.cause, 1, $instr(m.cause, '/') - 1) else '' end"

CHECKS = (
    Check("I18.conserved", "库存等于流水之和", "Every level is the sum of its journal", """
        select k.sku_id, k.location_id,
               coalesce(s.on_hand, 0) || ' on hand, ' || coalesce(s.reserved, 0) || ' reserved' as found,
               coalesce(m.on_hand, 0) || ' on hand, ' || coalesce(m.reserved, 0) || ' reserved' as expected
        from (select sku_id, location_id from stock_levels union select sku_id, location_id from stock_moves) k
             left join stock_levels s on s.sku_id = k.sku_id and s.location_id = k.location_id
             left join (select sku_id, location_id, sum(on_hand_change) as on_hand, sum(reserved_change) as reserved
                        from stock_moves group by sku_id, location_id) m
                  on m.sku_id = k.sku_id and m.location_id = k.location_id
        where s.sku_id is null or coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0)
           or coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)""", COUNT),
    Check("I18.kinds", "每种流水只动该动的", "Every kind of move changes what it may and nothing else", """
        select m.id as stock_move_id, m.kind || ' ' || m.on_hand_change || '/' || m.reserved_change as found,
               'the signs of its kind' as expected
        from stock_moves m where not (
               (m.kind in ('opening', 'restock') and m.on_hand_change > 0 and m.reserved_change = 0)
            or (m.kind = 'adjust' and m.on_hand_change <> 0 and m.reserved_change = 0)
            or (m.kind = 'reserve' and m.on_hand_change = 0 and m.reserved_change > 0)
            or (m.kind = 'release' and m.on_hand_change = 0 and m.reserved_change < 0)
            or (m.kind = 'ship' and m.on_hand_change < 0 and m.reserved_change = m.on_hand_change))""", COUNT),
    Check("I18.once", "一个原因只动一次", "One cause moves a level once", """
        select m.cause, m.kind, m.sku_id, m.location_id, count(*) as found, 1 as expected
        from stock_moves m group by m.cause, m.kind, m.sku_id, m.location_id having count(*) > 1""", COUNT),
    Check("I19.never-oversold", "占用不超过现有", "Nothing is promised that is not there", """
        select s.sku_id, s.location_id, s.reserved || ' of ' || s.on_hand as found, 'between 0 and on hand' as expected
        from stock_levels s where s.reserved < 0 or s.on_hand < s.reserved""", COUNT),
    Check("I20.holds", "占用等于订单未释放、未发出之和", "What is reserved is what orders hold", f"""
        select k.sku_id, k.location_id, coalesce(s.reserved, 0) as found, coalesce(h.held, 0) as expected
        from (select sku_id, location_id from stock_levels
              union select l.sku_id, o.location_id from order_lines l join orders o on o.id = l.order_id) k
             left join stock_levels s on s.sku_id = k.sku_id and s.location_id = k.location_id
             left join (select l.sku_id, o.location_id, sum(l.quantity - l.released_qty - l.shipped_qty) as held
                        from order_lines l join orders o on o.id = l.order_id
                        where o.state in ('unpaid', 'closing') or o.state in {PAID} group by l.sku_id, o.location_id) h
                  on h.sku_id = k.sku_id and h.location_id = k.location_id
        where coalesce(s.reserved, 0) <> coalesce(h.held, 0)""", COUNT),
    Check("I20.line", "每个明细的占用、释放、发出与退回有据",
          "Every order line was reserved once, and released, shipped and taken back as it says", f"""
        select l.id as order_line_id, l.order_id, coalesce(m.reserved, 0) || ' in ' || coalesce(m.times, 0) || ', ' ||
               coalesce(m.released, 0) || ' free, ' || coalesce(m.shipped, 0) || ' gone, ' || coalesce(m.restocked, 0) ||
               ' back' as found,
               l.quantity || ' in 1, ' || l.released_qty || ' free, ' || l.shipped_qty || ' gone, ' || l.restocked_qty ||
               ' back' as expected
        from order_lines l join orders o on o.id = l.order_id
             left join (select {LINE_OF} as line_id, m.sku_id, m.location_id,
                               sum(case when m.kind = 'reserve' then m.reserved_change else 0 end) as reserved,
                               sum(case when m.kind = 'reserve' then 1 else 0 end) as times,
                               sum(case when m.kind = 'release' then -m.reserved_change else 0 end) as released,
                               sum(case when m.kind = 'ship' then -m.on_hand_change else 0 end) as shipped,
                               sum(case when m.kind = 'restock' then m.on_hand_change else 0 end) as restocked
                        from stock_moves m where m.kind in ('reserve', 'release', 'ship', 'restock')
                        group by {LINE_OF}, m.sku_id, m.location_id) m
                  on m.line_id = l.id and m.sku_id = l.sku_id and m.location_id = o.location_id
        where coalesce(m.reserved, 0) <> l.quantity or m.times <> 1 or coalesce(m.released, 0) <> l.released_qty
           or coalesce(m.shipped, 0) <> l.shipped_qty or coalesce(m.restocked, 0) <> l.restocked_qty""", COUNT),
    Check("I20.cause", "占用与释放都指向订单", "Every promise and its return names an order line of that SKU", f"""
        select m.id as stock_move_id, m.kind || ' for ' || m.cause as found, 'an order line of this SKU' as expected
        from stock_moves m left join order_lines l on l.id = {LINE_OF} and l.sku_id = m.sku_id
        where m.kind in ('reserve', 'release', 'ship', 'restock') and l.id is null""", COUNT),
    Check("I20.ended", "占用按订单状态结束",
          "A hold ends when its order closes, with a refund, or when the goods leave, and not before", f"""
        select l.id as order_line_id, o.id as order_id,
               l.released_qty || ' free, ' || l.shipped_qty || ' gone, order ' || o.state as found,
               case when o.state = 'closed' then 'all ' || l.quantity || ' free'
                    when o.state in ('unpaid', 'closing') then 'none'
                    else coalesce(r.live, 0) || ' to ' || coalesce(r.asked, 0) || ' free by refunds' ||
                         case when o.state = 'paid' then '' else ', the others gone' end end as expected
        from order_lines l join orders o on o.id = l.order_id
             left join (select x.order_line_id, sum(x.quantity - x.shipped_qty) as asked,
                               sum(case when r.state = 'closed' then 0 else x.quantity - x.shipped_qty end) as live
                        from (select order_line_id, quantity, shipped_qty, refund_id from refund_lines
                              union all select order_line_id, stayed, 0, '' from {FREE} g) x
                             left join refunds r on r.id = x.refund_id group by x.order_line_id) r
                  on r.order_line_id = l.id
        where (o.state = 'closed' and l.released_qty <> l.quantity)
           or (o.state in ('unpaid', 'closing') and l.released_qty + l.shipped_qty <> 0)
           or (o.state in {PAID} and l.released_qty not between coalesce(r.live, 0) and coalesce(r.asked, 0))
           or (o.state in ('shipped', 'completed', 'refunded') and l.released_qty + l.shipped_qty <> l.quantity)""", COUNT),
    Check("I13.released", "关单后才整单释放", "Stock of an unpaid order goes back only when the order is closed", """
        select m.id as stock_move_id, o.id as order_id, o.state as found, 'closed' as expected
        from stock_moves m join order_lines l on l.id = m.cause join orders o on o.id = l.order_id
        where m.kind = 'release' and o.state <> 'closed'""", COUNT),
    Check("I32.restock", "释放与退货入库不超过退款", "A refund frees and takes back at most what it gives back, and once", f"""
        select m.id as stock_move_id, {_LEFT} as refund_id, m.kind || ' ' || (m.on_hand_change - m.reserved_change) as found,
               'at most ' || coalesce(x.quantity - x.shipped_qty, 0) || ' free and ' || coalesce(x.returned_qty, 0) ||
               ' back' as expected
        from stock_moves m left join (
                 select refund_id, order_line_id, quantity, shipped_qty, returned_qty from refund_lines union all
                 select f.aftersale_id, f.order_line_id, f.quantity, f.quantity - f.held_qty, f.restocked_qty
                 from aftersale_lines f join aftersales c on c.id = f.aftersale_id
                 where c.state = 'refunded' and c.refund_id is null) x
             on x.refund_id = {_LEFT} and x.order_line_id = {LINE_OF}
        where m.kind in ('release', 'restock') and $instr(m.cause, '/') > 0
          and (x.quantity is null or -m.reserved_change > x.quantity - x.shipped_qty or m.on_hand_change > x.returned_qty)""",
          COUNT),
)
