"""The desk: what people settled has a reason, every change of a rule its trace, and daily figures hold (I27, I48)."""

from backend.checks.check import Check

WHO = "Find out who closed it: only the money desk may, and it asks for a note."
COUNT = "Run the count of sales again from that day (`count_sales`); find what changed the past."

_DAYS = """
    select s.day, s.store_id, s.paid || ' paid, ' || s.paid_fen || ' fen, ' || s.refunded_fen || ' fen back' as found,
           coalesce(o.n, 0) || ' paid, ' || coalesce(o.fen, 0) || ' fen, ' || coalesce(r.fen, 0) || ' fen back' as expected
    from (select {sales_day} as day, store_id, paid, paid_fen, refunded_fen from sales_days
          where day < {counted}) s
         left join (select {paid_day} as day, store_id, count(*) as n, sum(paid_fen) as fen from orders
                    where paid_at is not null group by 1, 2) o on o.day = s.day and o.store_id = s.store_id
         left join (select {booked_day} as day, o.store_id, sum(r.amount_fen) as fen
                    from ledger_transactions t join refunds r on r.id = t.event_id and r.kind = 'order'
                         join orders o on o.id = r.order_id
                    where t.kind = 'refund' group by 1, 2) r on r.day = s.day and r.store_id = s.store_id
    where s.paid <> coalesce(o.n, 0) or s.paid_fen <> coalesce(o.fen, 0) or s.refunded_fen <> coalesce(r.fen, 0)"""

CHECKS = (
    Check("I27.days", "每日销售与订单一致", "Sales of a day that is over are what its orders and refunds say", {
        "sqlite": _DAYS.format(
            sales_day="day", paid_day="date(paid_at, '+8 hours')", booked_day="date(t.at, '+8 hours')",
            counted="(select date(json_extract(value, '$.day'), '-1 day') from marks where name = 'sales_counted')"),
        "postgresql": _DAYS.format(
            sales_day="to_char(day, 'YYYY-MM-DD')", paid_day="to_char(paid_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD')",
            booked_day="to_char(t.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD')",
            counted="(select cast(value ->> 'day' as date) - 1 from marks where name = 'sales_counted')")}, COUNT),
    Check("I48.settled", "人工处理都有说明", "What people settled says who, when and why", """
        select e.id as id, e.kind as kind, 'closed without a word' as found, 'a note, who and when' as expected
        from payment_exceptions e
        where e.state = 'closed' and (coalesce(e.note, '') = '' or e.settled_at is null or e.settled_by is null)
        union all
        select d.number, d.kind, 'closed without a word', 'a note, who and when' from bill_differences d
        where d.state = 'closed' and (coalesce(d.note, '') = '' or d.settled_at is null or d.settled_by is null)""", WHO),
    Check("I48.rules", "每次改设置都有审计记录", "Every change of a rule stands in the audit log", """
        select s.name, coalesce(a.n, 0) as found, s.version as expected
        from shop_settings s left join (select subject, count(*) as n from audit_log where action = 'change_shop_rules'
                                        group by subject) a on a.subject = s.name
        where coalesce(a.n, 0) <> s.version""", "Find out who changed the rule past the console."),
)
