"""Refunds: never more than was paid, counted where they belong, one trace for each (I29–I31, I48, I49)."""

from backend.checks.check import Check, shown

COUNTS = "Stop refunding this order; compare its refunds with WeChat's, then correct the count that is wrong."
LIVE = "('asked', 'sent', 'succeeded', 'abnormal')"
"""States in which a refund has gone back or still may."""
FREE = """(select f.order_line_id, sum(f.quantity) as qty, sum(f.held_qty) as stayed, sum(f.restocked_qty) as back
           from aftersale_lines f join aftersales c on c.id = f.aftersale_id
           where c.state = 'refunded' and c.refund_id is null group by f.order_line_id)"""
"""Units that were given back and had cost nothing: they need no refund."""

CHECKS = (
    Check("I29.sum", "退款合计不超过实付", "Refunds under way and done never exceed their payment", f"""
        select p.id as payment_id, p.refund_fen as found, coalesce(r.fen, 0) || ' of ' || p.amount_fen as expected
        from payments p left join (select payment_id, sum(amount_fen) as fen from refunds where state in {LIVE}
                                   group by payment_id) r on r.payment_id = p.id
        where p.refund_fen <> coalesce(r.fen, 0) or p.refund_fen > p.amount_fen""", COUNTS),
    Check("I30.lines", "明细退款不超过明细",
          "What is refunded of a line is what its refunds say, and never more than the line", f"""
        select l.id as order_line_id, l.order_id, l.refund_qty || ' pieces, ' || l.refund_fen || ' fen, ' || l.waived_fen ||
               ' waived' as found,
               coalesce(r.qty, 0) + coalesce(f.qty, 0) || ' pieces, ' || coalesce(r.fen, 0) || ' fen, ' ||
               coalesce(r.waived, 0) || ' waived, of ' || l.quantity || ' and ' || l.payable_fen as expected
        from order_lines l left join (select x.order_line_id, sum(x.quantity) as qty, sum(x.amount_fen) as fen,
                                             sum(x.waived_fen) as waived
                                      from refund_lines x join refunds r on r.id = x.refund_id
                                      where r.state in {LIVE} group by x.order_line_id) r on r.order_line_id = l.id
             left join {FREE} f on f.order_line_id = l.id
        where l.refund_qty <> coalesce(r.qty, 0) + coalesce(f.qty, 0) or l.refund_fen <> coalesce(r.fen, 0)
           or l.waived_fen <> coalesce(r.waived, 0) or l.refund_qty > l.quantity
           or l.refund_fen + l.waived_fen > l.payable_fen""", COUNTS),
    Check("I30.goods", "明细退货数量等于退款所述",
          "Of what is refunded of a line its refunds say what had left and what is back", f"""
        select l.id as order_line_id, l.order_id, l.refund_shipped_qty || ' had left, ' || l.returned_qty || ' back' as found,
               coalesce(r.had_left, 0) || ' had left, ' || coalesce(r.back, 0) || ' back' as expected
        from order_lines l left join (
                 select x.order_line_id, sum(x.had_left) as had_left, sum(x.back) as back
                 from (select y.order_line_id, y.shipped_qty as had_left, y.returned_qty as back
                       from refund_lines y join refunds r on r.id = y.refund_id where r.state in {LIVE}
                       union all select order_line_id, qty - stayed, back from {FREE} g) x group by x.order_line_id) r
             on r.order_line_id = l.id
        where l.refund_shipped_qty <> coalesce(r.had_left, 0) or l.returned_qty <> coalesce(r.back, 0)""", COUNTS),
    Check("I30.freight", "运费退款不超过运费",
          "What is refunded of the freight is what the refunds say, and never more", f"""
        select o.id as order_id, o.freight_refund_fen as found,
               coalesce(r.fen, 0) || ' of ' || o.freight_fen as expected
        from orders o left join (select order_id, sum(freight_fen) as fen from refunds
                                 where kind = 'order' and state in {LIVE} group by order_id) r on r.order_id = o.id
        where o.freight_refund_fen <> coalesce(r.fen, 0) or o.freight_refund_fen > o.freight_fen""", COUNTS),
    Check("I30.exact", "部分退款累计精确到分", "Part refunds of a line add up exactly", """
        select l.id as order_line_id, l.order_id, l.refund_fen || ' and ' || l.waived_fen || ' waived' as found,
               l.payable_fen * l.refund_qty / l.quantity || ', or more where goods were kept' as expected
        from order_lines l where l.refund_fen + l.waived_fen <> l.payable_fen * l.refund_qty / l.quantity
          and (l.refund_qty = l.quantity or not exists (
               select 1 from refund_lines x join refunds r on r.id = x.refund_id
               where x.order_line_id = l.id and (r.state = 'closed' or (x.quantity = 0
                     and l.refund_fen + l.waived_fen > l.payable_fen * l.refund_qty / l.quantity))))""", COUNTS),
    Check("I30.parts", "退款金额等于其明细之和",
          "A refund is the sum of its lines and its freight, all of its own order", """
        select r.id as refund_id, r.amount_fen || ' = ' || r.goods_fen || ' + ' || r.freight_fen as found,
               coalesce(x.fen, 0) || ' of goods' as expected
        from refunds r left join (select refund_id, sum(amount_fen) as fen from refund_lines group by refund_id) x
             on x.refund_id = r.id
        where r.amount_fen <> r.goods_fen + r.freight_fen or (r.kind = 'order' and r.goods_fen <> coalesce(x.fen, 0))
           or (r.kind = 'surplus' and x.fen is not null)
        union all
        select r.id, 'order ' || r.order_id, 'order ' || p.order_id
        from refunds r join payments p on p.id = r.payment_id where r.order_id <> p.order_id
        union all
        select r.id, 'order ' || r.order_id, 'order ' || l.order_id
        from refunds r join refund_lines x on x.refund_id = r.id join order_lines l on l.id = x.order_line_id
        where r.order_id <> l.order_id""", COUNTS),
    Check("I31.fifty", "一笔付款最多五十次退款", "A payment has at most 50 refunds, all of them counted", """
        select p.id as payment_id, p.refunds as found, coalesce(r.n, 0) as expected
        from payments p left join (select payment_id, count(*) as n from refunds group by payment_id) r
             on r.payment_id = p.id
        where p.refunds <> coalesce(r.n, 0) or p.refunds > 50""", COUNTS),
    Check("I31.ended", "退款的终态有据",
          "A refund that ended says when, and one that WeChat has says its number", f"""
        select r.id as refund_id, r.state || ', sent ' || {shown('r.sent_at')} || ', ended ' ||
               {shown('r.ended_at')} || ', number ' || coalesce(r.wechat_refund_id, '–') as found,
               'times and number that go with the state' as expected
        from refunds r where (r.state in ('succeeded', 'closed')) <> (r.ended_at is not null)
           or (r.state in ('sent', 'succeeded') and (r.sent_at is null or r.wechat_refund_id is null))""", COUNTS),
    Check("I48.refunds", "每笔人工退款都有审计记录", "Every refund that people asked for stands in the audit log", """
        select r.order_id, coalesce(a.n, 0) as found, r.n as expected
        from (select order_id, count(*) as n from refunds where kind = 'order' group by order_id) r
             left join (select subject, count(*) as n from audit_log where action = 'refund_order' group by subject) a
             on a.subject = r.order_id
        where coalesce(a.n, 0) <> r.n""", "Find out who refunded without leaving a trace."),
    Check("I49.effects", "每个幂等键都有其结果", "What a client key promised is there", """
        select k.actor, k.use_case, k.key, 'nothing' as found, $order_of as expected
        from client_keys k left join orders o on o.id = $order_of where k.use_case = 'place_order' and o.id is null
        union all
        select k.actor, k.use_case, k.key, 'nothing', $refund_of
        from client_keys k left join refunds r on r.id = $refund_of where k.use_case = 'refund_order' and r.id is null
        union all
        select k.actor, k.use_case, k.key, 'nothing', $parcel_of
        from client_keys k left join parcels p on p.id = $parcel_of where k.use_case = 'ship_order' and p.id is null
        union all
        select k.actor, k.use_case, k.key, 'nothing', $order_of
        from client_keys k left join aftersales a on a.id = $order_of
        where k.use_case in ('ask_aftersale', 'approve_aftersale', 'receive_return') and a.id is null
        union all
        select k.actor, k.use_case, k.key, 'nothing', $order_of
        from client_keys k left join tickets t on t.id = $order_of
        where k.use_case in ('open_ticket', 'enter_ticket') and t.id is null
        union all
        select k.actor, k.use_case, k.key, 'nothing', $review_of
        from client_keys k left join reviews v on v.id = $review_of where k.use_case = 'write_review' and v.id is null
        """, "The answer was given and its effect is gone: look for a restored backup or a deleted row."),
)
