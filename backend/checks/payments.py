"""Payments: attempts, surplus money, and what the daily bills said (I07, I09, I11, I13)."""

from backend.checks.check import Check, shown

SURPLUS = "See that the surplus goes back: the worker's `send_refund` does it as soon as a refund exists."

CHECKS = (
    Check("I07.bills", "账单与账本一致", "Our books agree with WeChat's daily bills", f"""
        select cast(d.day as varchar) as day, d.kind as kind, d.number as number,
               {shown('d.ours_fen')} as found, {shown('d.theirs_fen')} as expected
        from bill_differences d where d.state = 'open'""",
        "Look the number up at WeChat: apply what is missing here by a query, or settle it and tick it off."),
    Check("I09.surplus", "多付款恰有一笔全额退款", "A surplus payment has exactly one full refund", """
        select p.id as payment_id, coalesce(r.n, 0) || ' refunds, ' || coalesce(r.fen, 0) || ' fen' as found,
               '1 refunds, ' || p.amount_fen || ' fen' as expected
        from payments p left join (select payment_id, count(*) as n, sum(amount_fen) as fen from refunds
                                   where kind = 'surplus' group by payment_id) r on r.payment_id = p.id
        where p.state = 'surplus' and (coalesce(r.n, 0) <> 1 or r.fen <> p.amount_fen)
        union all
        select p.id, r.kind || ' refund ' || r.id || ' of a payment that is ' || p.state,
               'surplus refunds of surplus payments, order refunds of succeeded ones'
        from refunds r join payments p on p.id = r.payment_id
        where (r.kind = 'surplus' and p.state <> 'surplus')
           or (r.kind = 'order' and p.state <> 'succeeded')""", SURPLUS),
    Check("I11.transaction", "微信交易号唯一", "A WeChat transaction pays once", """
        select p.transaction_id, count(*) as found, 1 as expected from payments p where p.transaction_id is not null
        group by p.transaction_id having count(*) > 1
        union all
        select p.id, 0, 1 from payments p
        where (p.state in ('succeeded', 'surplus')) <> (p.transaction_id is not null)
           or (p.transaction_id is not null) <> (p.paid_at is not null)""",
        "Ask WeChat for each of these numbers, and refund by hand what was counted twice."),
    Check("I09.one-open", "一个订单最多一个进行中的付款", "An order has at most one attempt that is under way", """
        select p.order_id, count(*) as found, 1 as expected from payments p where p.state in ('asked', 'open')
        group by p.order_id having count(*) > 1""",
        "Close the older attempt at WeChat; two open ones can both be paid."),
    Check("I13.closed-first", "先在微信关单再关闭订单",
          "An order is closed after its attempts were closed at WeChat", """
        select p.id as payment_id, o.id as order_id, p.state as found, 'closed' as expected
        from payments p join orders o on o.id = p.order_id
        where o.state = 'closed' and p.state in ('asked', 'open')""",
        "Close the attempt at WeChat now: its stock is back on sale, and money for it would have to be refunded."),
)
