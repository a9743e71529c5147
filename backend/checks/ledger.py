"""The ledger against its causes: every payment and refund posted once, to the right accounts, to the fen (I01–I05)."""

from backend.checks.check import Check
from backend.ledger.rules import FREIGHT, GOODS, SURPLUS, WECHAT

NEVER_EDIT = "Never edit the ledger: find what wrote it, and answer a wrong posting with another one."

DUE_POSTINGS = f"""
    select 'payment' as kind, p.id as event_id, '{WECHAT}' as debit, '{GOODS}' as credit,
           o.goods_fen - o.discount_fen as fen
      from payments p join orders o on o.id = p.order_id where p.state = 'succeeded'
    union all
    select 'payment', p.id, '{WECHAT}', '{FREIGHT}', o.freight_fen
      from payments p join orders o on o.id = p.order_id where p.state = 'succeeded'
    union all
    select 'surplus', p.id, '{WECHAT}', '{SURPLUS}', p.amount_fen from payments p where p.state = 'surplus'
    union all
    select 'refund', r.id, case r.kind when 'surplus' then '{SURPLUS}' else '{GOODS}' end, '{WECHAT}', r.goods_fen
      from refunds r where r.state = 'succeeded'
    union all
    select 'refund', r.id, '{FREIGHT}', '{WECHAT}', r.freight_fen from refunds r where r.state = 'succeeded'"""
"""What the payments and refunds as they stand should have posted."""

MADE_POSTINGS = """
    select t.kind, t.event_id, m.debit, m.credit, m.amount_fen as fen
      from ledger_transactions t join ledger_transfers m on m.transaction_id = t.id"""

TRIGGERS = ("ledger_transactions", "ledger_transfers", "stock_moves", "order_moves", "audit_log", "parcel_traces",
            "order_notes", "aftersale_moves", "ticket_messages", "ticket_moves")
_PROTECTED = " union all ".join(f"select '{table}' as name" for table in TRIGGERS)

CHECKS = (
    Check("I01.balanced", "每笔总账分录借贷相等", "Every ledger transaction moves money between two accounts", """
        select t.id as ledger_transaction_id, count(m.transaction_id) as found, 'at least 1 transfer' as expected
        from ledger_transactions t left join ledger_transfers m on m.transaction_id = t.id
        group by t.id having count(m.transaction_id) = 0
        union all
        select m.transaction_id, m.amount_fen, 'more than 0 fen between two accounts' from ledger_transfers m
        where m.amount_fen <= 0 or m.debit = m.credit""", NEVER_EDIT),
    Check("I02.accounts", "总账只用已知科目", "The ledger knows its accounts", f"""
        select m.transaction_id as ledger_transaction_id, m.position as position, m.debit || ' / ' || m.credit as found,
               '{WECHAT}, {GOODS}, {FREIGHT}, {SURPLUS}' as expected
        from ledger_transfers m
        where m.debit not in ('{WECHAT}', '{GOODS}', '{FREIGHT}', '{SURPLUS}')
           or m.credit not in ('{WECHAT}', '{GOODS}', '{FREIGHT}', '{SURPLUS}')""", NEVER_EDIT),
    Check("I03.append-only", "只增表有触发器保护", "The database itself protects what is only ever added to", {
        "sqlite": f"""select p.name as table_name, count(s.name) as found, 2 as expected
            from ({_PROTECTED}) p left join sqlite_master s on s.type = 'trigger'
                 and s.name in (p.name || '_no_update', p.name || '_no_delete')
            group by p.name having count(s.name) <> 2""",
        "postgresql": f"""select coalesce(cast(r.relid as varchar), p.name) as table_name, count(s.tgname) as found, 1 as expected
            from ({_PROTECTED}) p left join lateral (
                     select relid from pg_partition_tree(to_regclass(p.name)) union select to_regclass(p.name)) r on true
                 left join pg_trigger s on s.tgrelid = r.relid and s.tgname = p.name || '_append_only' and s.tgenabled <> 'D'
            group by r.relid, p.name having count(s.tgname) <> 1"""},
        "Run `python3 -m backend migrate` on a restored copy and compare; find out who dropped the trigger."),
    Check("I04.once", "一个业务事件最多记账一次", "One business event is posted at most once", """
        select kind, event_id, count(*) as found, 1 as expected from ledger_transactions
        group by kind, event_id having count(*) > 1""", NEVER_EDIT),
    Check("I04.postings", "总账与付款、退款逐笔一致", "The ledger agrees with every payment and refund to the fen", f"""
        select kind, event_id, debit, credit, sum(made) as found, sum(due) as expected from (
            select kind, event_id, debit, credit, fen as due, 0 as made from ({DUE_POSTINGS}) as due_postings
            union all
            select kind, event_id, debit, credit, 0, fen from ({MADE_POSTINGS}) as made_postings) as postings
        group by kind, event_id, debit, credit having sum(made) <> sum(due)""", NEVER_EDIT),
    Check("I05.surplus", "应退余款等于未退的多付款", "What is owed of surplus payments is what has not gone back", f"""
        select '{SURPLUS}' as account, owed.fen as found, due.fen as expected from
            (select coalesce(sum(case when credit = '{SURPLUS}' then amount_fen else -amount_fen end), 0) as fen
               from ledger_transfers where '{SURPLUS}' in (debit, credit)) as owed,
            (select coalesce(sum(p.amount_fen), 0) as fen from payments p
               where p.state = 'surplus' and not exists (select 1 from refunds r
                     where r.payment_id = p.id and r.kind = 'surplus' and r.state = 'succeeded')) as due
        where owed.fen <> due.fen or owed.fen < 0""", NEVER_EDIT),
    Check("I05.wechat", "微信账户余额等于实收减实退",
          "What lies at WeChat is what was paid less what went back", f"""
        select '{WECHAT}' as account, held.fen as found, due.fen as expected from
            (select coalesce(sum(case when debit = '{WECHAT}' then amount_fen else -amount_fen end), 0) as fen
               from ledger_transfers where '{WECHAT}' in (debit, credit)) as held,
            (select (select coalesce(sum(amount_fen), 0) from payments
                     where state in ('succeeded', 'surplus'))
                  - (select coalesce(sum(amount_fen), 0) from refunds where state = 'succeeded') as fen) as due
        where held.fen <> due.fen or held.fen < 0""", NEVER_EDIT),
)
