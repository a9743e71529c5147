"""Orders: their history, their sums, and the one payment that pays them (I08–I10, I12, I14, I33)."""

from backend.checks.check import Check, shown
from backend.orders.states import ORDER, PAID_STATES

LOOK = "Read the order's history and its payments, and correct the order by the use case that failed, not by hand."
SUMS = "Do not ship or refund this order before its lines and sums were compared with what the shopper was shown."

_MOVES = " or ".join(f"(m.from_state = '{old}' and m.to_state = '{new}')"
                     for old in ORDER.states for new in sorted(ORDER.moves[old]))

PAID = "(" + ", ".join(f"'{state}'" for state in PAID_STATES) + ")"
"""States in which exactly one payment was applied."""

CHECKS = (
    Check("I08.gapless", "订单历史编号无缺", "The history of an order is numbered without gaps", """
        select o.id as order_id,
               coalesce(m.lowest, 0) || '..' || coalesce(m.highest, 0) || ', ' || coalesce(m.n, 0) || ' rows' as found,
               '1..' || o.moves || ', ' || o.moves || ' rows' as expected
        from orders o left join (select order_id, min(seq) as lowest, max(seq) as highest, count(*) as n
                                 from order_moves group by order_id) m on m.order_id = o.id
        where m.n is null or m.n <> o.moves or m.lowest <> 1 or m.highest <> o.moves""", LOOK),
    Check("I08.last", "历史末行即当前状态", "The last row of its history is the state of an order", """
        select o.id as order_id, o.state as found, coalesce(m.to_state, 'no history') as expected
        from orders o left join order_moves m on m.order_id = o.id and m.seq = o.moves
        where m.to_state is null or m.to_state <> o.state""", LOOK),
    Check("I08.chain", "每步从上一步的状态出发", "Every move begins where the one before ended", f"""
        select m.order_id, m.seq, coalesce(m.from_state, 'nothing') || ' → ' || m.to_state as found,
               'from ' || coalesce(b.to_state, 'nothing to {ORDER.start}') as expected
        from order_moves m left join order_moves b on b.order_id = m.order_id and b.seq = m.seq - 1
        where coalesce(m.from_state, '') <> coalesce(b.to_state, '')
           or (m.seq = 1 and m.to_state <> '{ORDER.start}')""", LOOK),
    Check("I08.graph", "状态只沿声明的路径变化", "States move along the declared table only", f"""
        select m.order_id, m.seq, m.from_state || ' → ' || m.to_state as found, 'a declared move' as expected
        from order_moves m where m.from_state is not null and not ({_MOVES})""", LOOK),
    Check("I08.times", "付款与关闭时间与状态相符", "Times of paying and closing go with the state", f"""
        select o.id as order_id, o.state || ', paid ' || {shown('o.paid_at')} || ', closed ' || {shown('o.closed_at')}
               as found, 'paid_at when paid, closed_at when closed' as expected
        from orders o where (o.state = 'closed') <> (o.closed_at is not null)
           or (o.state in {PAID}) <> (o.paid_at is not null)""", LOOK),
    Check("I09.one-payment", "已付订单恰有一笔入账付款", "An order is paid by exactly one applied payment", f"""
        select o.id as order_id, coalesce(p.n, 0) || ' payments, ' || o.paid_fen || ' fen' as found,
               case when o.state in {PAID} then '1 payments, ' || o.total_fen || ' fen'
                    else '0 payments, 0 fen' end as expected
        from orders o left join (select order_id, count(*) as n from payments where state = 'succeeded'
                                 group by order_id) p on p.order_id = o.id
        where coalesce(p.n, 0) <> case when o.state in {PAID} then 1 else 0 end
           or o.paid_fen <> case when o.state in {PAID} then o.total_fen else 0 end""", LOOK),
    Check("I10.amount", "付款金额等于订单应付",
          "Every attempt that counts asks for what the order costs, from the order's owner", """
        select p.id as payment_id, o.id as order_id, p.amount_fen || ' fen of ' || p.member_id as found,
               o.total_fen || ' fen of ' || o.member_id as expected
        from payments p join orders o on o.id = p.order_id
        where (p.amount_fen <> o.total_fen and p.state in ('asked', 'open', 'succeeded')) or p.member_id <> o.member_id""", LOOK),
    Check("I12.shipped", "关闭的订单从不发货", "A closed order never ships", f"""
        select m.id as stock_move_id, o.id as order_id, o.state as found, 'paid' as expected
        from stock_moves m join order_lines l on l.id = substr(m.cause, $instr(m.cause, '/') + 1)
             join orders o on o.id = l.order_id
        where m.kind = 'ship' and o.state not in {PAID}""",
        "Stop the parcel; find how it was shipped unpaid."),
    Check("I08.goods", "发货与完成的时间、包裹与状态相符", "Parcels and times of shipping go with the state", f"""
        select o.id as order_id, o.state || ', ' || coalesce(l.held, 0) || ' held, ' || coalesce(l.shipped, 0) ||
               ' gone, shipped ' || {shown('o.shipped_at')} || ', completed ' || {shown('o.completed_at')} as found,
               case o.state when 'shipped' then 'all gone, a time, not completed' when 'completed' then 'nothing held, a time'
                    when 'paid' then 'no time of either' else 'nothing gone' end as expected
        from orders o left join (select order_id, sum(quantity - released_qty - shipped_qty) as held, sum(shipped_qty) as shipped
                                 from order_lines group by order_id) l on l.order_id = o.id
        where (o.state = 'shipped' and (l.held <> 0 or l.shipped = 0 or o.shipped_at is null or o.completed_at is not null))
           or (o.state = 'completed' and (l.held <> 0 or o.completed_at is null))
           or (o.state = 'paid' and (o.shipped_at is not null or o.completed_at is not null or (l.held = 0 and l.shipped > 0)))
           or (o.state in ('unpaid', 'closing', 'closed') and (l.shipped <> 0 or o.shipped_at is not null))""", LOOK),
    Check("I12.parcels", "包裹内数量等于已发数量", "What is in parcels, or was handed over, is what has left of each line", """
        select l.id as order_line_id, l.order_id, coalesce(p.n, 0) || ' in parcels' as found, l.shipped_qty || ' gone' as expected
        from order_lines l join orders o on o.id = l.order_id
             left join (select order_line_id, sum(quantity) as n from parcel_lines group by order_line_id) p
                  on p.order_line_id = l.id
        where coalesce(p.n, 0) <> case when o.delivery = 'courier' then l.shipped_qty else 0 end
        union all
        select x.order_line_id, p.order_id, 'in parcel ' || p.id, 'a line of its order'
        from parcel_lines x join parcels p on p.id = x.parcel_id left join order_lines l on l.id = x.order_line_id
        where l.id is null or l.order_id <> p.order_id""",
        "Stop the parcel and count what is in it; find what wrote the wrong number."),
    Check("I12.journal", "每个包裹的出库都有流水", "Every parcel's goods left the stock under its name", """
        select x.parcel_id, x.order_line_id, coalesce(-m.on_hand_change, 0) as found, x.quantity as expected
        from parcel_lines x left join stock_moves m on m.cause = x.parcel_id || '/' || x.order_line_id and m.kind = 'ship'
        where coalesce(-m.on_hand_change, 0) <> x.quantity""",
        "Count the SKU on the shelf, then find what shipped it without a journal."),
    Check("I12.numbered", "包裹编号从一连续，最多十五", "An order's parcels are numbered from 1 without gaps, 15 at most", """
        select order_id, min(seq) || '..' || max(seq) || ', ' || count(*) as found, '1..n, at most 15' as expected
        from parcels group by order_id having min(seq) <> 1 or max(seq) <> count(*) or count(*) > 15""", LOOK),
    Check("I14.lines", "订单金额等于明细之和", "An order's sums are those of its lines", """
        select o.id as order_id, coalesce(l.n, 0) || ' lines, goods ' || coalesce(l.amount, 0) || ', discount ' ||
               coalesce(l.discount, 0) || ', places ' || coalesce(l.lowest, 0) || '..' || coalesce(l.highest, 0)
               as found,
               o.line_count || ' lines, goods ' || o.goods_fen || ', discount ' || o.discount_fen || ', places 0..' ||
               (o.line_count - 1) as expected
        from orders o left join (select order_id, count(*) as n, sum(amount_fen) as amount,
                                        sum(discount_fen) as discount, count(distinct position) as places,
                                        min(position) as lowest, max(position) as highest
                                 from order_lines group by order_id) l on l.order_id = o.id
        where l.n is null or l.n <> o.line_count or l.amount <> o.goods_fen or l.discount <> o.discount_fen
           or l.places <> l.n or l.lowest <> 0 or l.highest <> l.n - 1""", SUMS),
    Check("I14.payable", "应付 = 单价×数量 − 优惠 + 运费",
          "Payable is price × quantity − discount + freight, never below 0", """
        select o.id as order_id, '' as order_line_id, o.total_fen as found,
               o.goods_fen - o.discount_fen + o.freight_fen as expected
        from orders o where o.total_fen <> o.goods_fen - o.discount_fen + o.freight_fen or o.total_fen < 0
           or o.discount_fen not between 0 and o.goods_fen or o.freight_fen < 0
        union all
        select l.order_id, l.id, l.payable_fen, l.price_fen * l.quantity - l.discount_fen
        from order_lines l
        where l.amount_fen <> l.price_fen * l.quantity or l.payable_fen <> l.amount_fen - l.discount_fen
           or l.payable_fen < 0 or l.discount_fen < 0 or l.quantity < 1""", SUMS),
    Check("I33.refunded", "全额退款即已退款", "Refunded means that all that was paid went back", """
        select o.id as order_id, o.state || ', ' || o.refunded_fen || ' of ' || o.paid_fen as found,
               coalesce(r.fen, 0) || ' of ' || o.paid_fen as expected
        from orders o left join (select order_id, sum(amount_fen) as fen from refunds
                                 where kind = 'order' and state = 'succeeded' group by order_id) r on r.order_id = o.id
        where o.refunded_fen <> coalesce(r.fen, 0)
           or (o.state = 'refunded') <> (o.paid_fen > 0 and o.refunded_fen = o.paid_fen)""", LOOK),
)
