"""Writes the crowd: statements that make a chunk of rows at once.

Long because it tells one story: a chunk of orders is decided in temporary tables (`crowd_orders`, one row an order with all its
moments in milliseconds, NULL where it has not come so far, and `crowd_lines`), and every table of the shop follows from these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, text

from backend.crowd.refusals import DATABASE_IN_USE, OTHER_CROWD
from backend.crowd.rules import DAY_MS, STORES, Crowd, Stand, human_number, member_id, member_ms, rand, series, spelled, tail
from backend.infra.marks import find_mark, set_mark
from backend.infra.uow import Reading, Transaction

MARK = "crowd"


def find_crowd(rd: Reading, crowd: Crowd) -> Stand | None:
    """How far this very crowd is made, with the time of its beginning; None in an empty database. Refuses a real shop's
    database (`database_in_use`) and another crowd (`other_crowd`)."""
    known = find_mark(rd, MARK)
    if known is None:
        if rd.execute(text("select 1 from members union all select 1 from orders limit 1")).first() is not None:
            raise DATABASE_IN_USE()
        return None
    same = (known["orders"], known["members"], known["seed"]) == (crowd.orders, crowd.members, crowd.seed)
    if not same or "now_ms" not in known:  # older versions did not write down how far they had come
        raise OTHER_CROWD(orders=known["orders"])
    begun = replace(crowd, now_ms=known["now_ms"])
    return Stand(begun, known["members_made"], known["orders_made"], known["whole"])


def is_crowd(rd: Reading) -> bool:
    """Whether everybody in this database was made up."""
    return find_mark(rd, MARK) is not None


def mark_crowd(tx: Transaction, stand: Stand) -> None:
    """Say whose this database is, and how far the crowd is made."""
    crowd = stand.crowd
    set_mark(tx, MARK, {"orders": crowd.orders, "members": crowd.members, "seed": crowd.seed, "now_ms": crowd.now_ms,
                        "members_made": stand.members, "orders_made": stand.orders, "whole": stand.whole})


def take_time(tx: Transaction) -> None:
    """A chunk takes as long as it takes, and as much memory for its indexes."""
    if tx.dialect == "postgresql":
        tx.execute(text("set local statement_timeout = 0"))
        tx.execute(text("set local work_mem = '128MB'"))
    else:
        tx.execute(text("pragma cache_size = -300000"))


def analyse(tx: Transaction) -> None:
    """Let the database look at what it holds, as it does by itself in a shop that grows."""
    take_time(tx)
    tx.execute(text("analyze"))


MORE_STORES = tuple(f"sto_crowd{i}" for i in range(1, STORES))


def fill_stores(tx: Transaction, now_ms: int) -> None:
    """More stores beside the main one."""
    for i, store_id in enumerate(MORE_STORES, 1):
        _run(tx, f"insert into stores (id, name, created_at) values ('{store_id}', '{i} 号分店', $at({now_ms}))")


def find_skus(rd: Reading) -> list[dict[str, Any]]:
    """The SKUs that the crowd buys."""
    rows = rd.execute(text("select k.id, k.product_id, k.code, p.title, k.price_fen "
                           "from skus k join products p on p.id = k.product_id order by k.code"))
    return [dict(row) for row in rows.mappings()]


def find_addresses(rd: Reading, count: int) -> list[Row[Any]]:
    """The addresses (id, member_id) of the first members, one of each."""
    return list(rd.execute(text("select id, member_id from addresses where is_default order by member_id limit :count"),
                           {"count": count}))


def _run(tx: Transaction, sql: str) -> None:
    tx.execute(text(spelled(sql, tx.dialect)))


NICKNAMES = ("小满妈妈", "阳光果园", "王姐", "张师傅", "雨后彩虹", "大白", "阿杰", "晨晨", "一只橘猫", "山里人家", "海边的风",
             "糖糖", "老李", "慢生活", "豆豆爸", "静待花开", "Lily", "Kevin", "芒果味的夏天", "微信用户")
REGIONS = ("110105", "310104", "330106", "440305", "510107", "420106", "320106", "500103", "610113", "370203")


@dataclass(frozen=True, slots=True)
class People:
    """Encrypted personal fields to deal out: the cipher runs in Python, so a bounded set is made once and used again.

    `phones` [(encrypted, its blind index)], `address_phones` the same for addresses.
    """

    phones: Sequence[tuple[str, str]]
    address_phones: Sequence[tuple[str, str]]
    names: Sequence[str]
    details: Sequence[str]


def fill_members(tx: Transaction, crowd: Crowd, people: People, first: int, last: int) -> None:
    """Members number `first` to `last`: nine in ten with a phone, each with an address, every tenth logged in."""
    for pool, rows in (("crowd_phones", people.phones), ("crowd_address_phones", people.address_phones)):
        tx.execute(text(f"create temporary table {pool} (i integer primary key, sealed text, blind text)"))
        tx.execute(text(f"insert into {pool} values (:i, :sealed, :blind)"),
                   [{"i": i, "sealed": sealed, "blind": blind} for i, (sealed, blind) in enumerate(rows)])
    for pool, sealed in (("crowd_names", people.names), ("crowd_details", people.details)):
        tx.execute(text(f"create temporary table {pool} (i integer primary key, sealed text)"))
        tx.execute(text(f"insert into {pool} values (:i, :sealed)"), [{"i": i, "sealed": each} for i, each in enumerate(sealed)])

    seed = crowd.seed
    nickname = " ".join(f"when {i} then '{name}'" for i, name in enumerate(NICKNAMES))
    region = " ".join(f"when {i} then '{code}'" for i, code in enumerate(REGIONS))
    _run(tx, f"""
        create temporary table crowd_members as
        with recursive {series(first, last)}
        select n, {member_ms('n', crowd)} as ms, {member_id('n', crowd)} as member_id,
               {rand('n', 2, seed)} as a, {rand('n', 3, seed)} as b, {rand('n', 4, seed)} as c from series""")
    _run(tx, f"""
        insert into members (id, nickname, gender, phone, phone_index, state, created_at)
        select m.member_id, case m.a % {len(NICKNAMES)} {nickname} end ||
               case when m.a % {len(NICKNAMES)} = {len(NICKNAMES) - 1} then '' else cast(m.b % 10000 as varchar) end,
               case when m.c % 3 = 0 then 'male' when m.c % 3 = 1 then 'female' end,
               case when m.a % 10 < 9 then p.sealed end, case when m.a % 10 < 9 then p.blind end, 'active', $at(m.ms)
        from crowd_members m join crowd_phones p on p.i = m.n % {len(people.phones)}""")
    _run(tx, f"""
        insert into addresses (id, member_id, name, phone, phone_index, region_code, detail, is_default, created_at)
        select 'adr_' || {tail('m.ms + 60000', 'm.n', 5, seed)}, m.member_id, n.sealed, p.sealed, p.blind,
               case m.b % {len(REGIONS)} {region} end, d.sealed, true, $at(m.ms + 60000)
        from crowd_members m join crowd_address_phones p on p.i = m.n % {len(people.address_phones)}
             join crowd_names n on n.i = m.b % {len(people.names)} join crowd_details d on d.i = m.c % {len(people.details)}""")
    _run(tx, f"""
        insert into sessions (token_hash, member_id, created_at, expires_at)
        select 'crowd-' || m.member_id, m.member_id, $at(m.ms), $at({crowd.now_ms} + (m.c % 30 + 1) * 86400000)
        from crowd_members m where m.n % 10 = 0""")
    _run(tx, f"""
        insert into consents (id, member_id, kind, version, granted, at)
        select 'con_' || {tail('m.ms', 'm.n', 6, seed)}, m.member_id, 'privacy', '2026-01', true, $at(m.ms)
        from crowd_members m""")
    for table in ("crowd_members", "crowd_phones", "crowd_address_phones", "crowd_names", "crowd_details"):
        tx.execute(text(f"drop table {table}"))


HOUR = 3_600_000
FREE_FROM, FREIGHT = 8800, 800


def fill_orders(tx: Transaction, crowd: Crowd, first: int, last: int, *, skus: Sequence[dict[str, Any]], stores: Sequence[str],
                ship_to: Sequence[str], location: str) -> None:
    """Orders number `first` to `last` with two or three lines each.

    `skus` rows of id, product_id, code, title, options, price_fen; `stores` ids, the first has most; `ship_to` encrypted.
    Of old orders 8 % were closed unpaid, 1.5 % were refunded before shipping, 1.5 % after receipt, 2 % have a line refunded.
    """
    _pools(tx, skus, stores, ship_to)
    _decide(tx, crowd, first, last, len(skus), len(stores))
    _run(tx, f"""
        insert into orders (id, number, member_id, store_id, location_id, state, moves, line_count, goods_fen, discount_fen,
               freight_fen, total_fen, paid_fen, refunded_fen, freight_refund_fen, explanation, delivery, ship_to, region_code,
               remark, placed_at, pay_before, paid_at, shipped_at, completed_at, closed_at, close_reason)
        select o.order_id, o.number, o.member_id, s.store_id, '{location}', o.state,
               1 + case when o.closed_ms is null then 0 else 2 end + case when o.paid_ms is null then 0 else 1 end
                 + case when o.shipped_ms is null then 0 else 1 end + case when o.done_ms is null then 0 else 1 end
                 + case when o.state = 'refunded' then 1 else 0 end,
               o.line_count, o.goods_fen, 0, o.freight_fen, o.goods_fen + o.freight_fen,
               case when o.paid_ms is null then 0 else o.goods_fen + o.freight_fen end,
               case when o.refund = 'arrived' then o.refund_goods_fen + o.refund_freight_fen else 0 end, o.refund_freight_fen,
               '[]', 'courier', t.sealed, '330106', case when o.n % 23 = 0 then '请放门口，谢谢' else '' end,
               $at(o.ms), $at(o.ms + 900000), case when o.paid_ms is null then null else $at(o.paid_ms) end,
               case when o.shipped_ms is null then null else $at(o.shipped_ms) end,
               case when o.done_ms is null then null else $at(o.done_ms) end,
               case when o.closed_ms is null then null else $at(o.closed_ms) end,
               case when o.closed_ms is null then null else 'timeout' end
        from crowd_orders o join crowd_stores s on s.i = o.store join crowd_ship_to t on t.i = o.n % {len(ship_to)}""")
    _run(tx, """
        insert into order_lines (id, order_id, position, product_id, sku_id, sku_code, title, options, quantity,
               list_price_fen, price_fen, amount_fen, discount_fen, payable_fen, cost_fen, released_qty, shipped_qty, refund_qty,
               refund_fen, refund_shipped_qty)
        select l.line_id, o.order_id, l.position, k.product_id, k.sku_id, k.code, k.title, k.options, l.quantity, k.price_fen,
               k.price_fen, k.price_fen * l.quantity, 0, k.price_fen * l.quantity, null,
               case when o.closed_ms is not null or o.restock = 1 then l.quantity else 0 end,
               case when o.shipped_ms is not null then l.quantity else 0 end,
               case when o.refund is null or l.position > o.refund_last then 0 else l.quantity end,
               case when o.refund is null or l.position > o.refund_last then 0 else k.price_fen * l.quantity end,
               case when o.refund is null or l.position > o.refund_last or o.restock = 1 then 0 else l.quantity end
        from crowd_lines l join crowd_orders o on o.n = l.n join crowd_skus k on k.i = l.sku""")
    for seq, old, new, at, who, why in (
            ("1", "null", "'unpaid'", "o.ms", "'shopper:' || o.member_id", ""),
            ("2", "'unpaid'", "'closing'", "o.closed_ms", "'system'", "time to pay is over"),
            ("3", "'closing'", "'closed'", "o.closed_ms + 500", "'system'", "nothing was paid"),
            ("2", "'unpaid'", "'paid'", "o.paid_ms", "'wechat'", ""),
            ("3", "'paid'", "'shipped'", "o.shipped_ms", "'staff:stf_crowd'", ""),
            ("4", "'shipped'", "'completed'", "o.done_ms", "'shopper:' || o.member_id", ""),
            ("case when o.done_ms is null then 3 else 5 end", "case when o.done_ms is null then 'paid' else 'completed' end",
             "'refunded'", "case when o.state = 'refunded' then o.refund_ms + 3000 end", "'wechat'", "fully refunded")):
        _run(tx, f"""
            insert into order_moves (order_id, seq, from_state, to_state, actor, why, at)
            select o.order_id, {seq}, {old}, {new}, {who}, '{why}', $at({at}) from crowd_orders o where {at} is not null""")


    _run(tx, """
        insert into parcels (id, order_id, seq, courier, tracking_number, state, note, shipped_at, shipped_by, ended_at)
        select 'shp_' || o.tail, o.order_id, 1, case o.n % 3 when 0 then 'SF' when 1 then 'YTO' else 'ZTO' end,
               'SF' || substr(o.tail, 11, 13), case when o.done_ms is null then 'underway' else 'delivered' end, '',
               $at(o.shipped_ms), 'staff:stf_crowd', case when o.done_ms is null then null else $at(o.done_ms) end
        from crowd_orders o where o.shipped_ms is not null""")
    _run(tx, """
        insert into parcel_lines (parcel_id, order_line_id, quantity)
        select 'shp_' || o.tail, l.line_id, l.quantity from crowd_lines l join crowd_orders o on o.n = l.n
        where o.shipped_ms is not null""")
    _run(tx, """
        insert into shipping_uploads (order_id, logistics_type, state, wanted, attempts, completions, unsure, caller,
               uploaded_at, changed_at)
        select o.order_id, 1, 'sent', 1, 1, 1, false, '', $at(o.shipped_ms + 2000), $at(o.shipped_ms)
        from crowd_orders o where o.shipped_ms is not null""")
    for letter, name, emitted, due, state in (
            ("P", "OrderPlaced", "o.ms", "o.ms", "unpaid"), ("D", "OrderPaymentDue", "o.ms", "o.ms + 900000", "unpaid"),
            ("R", "OrderReceiptDue", "o.shipped_ms", f"o.shipped_ms + {10 * 24 * HOUR}", "shipped")):
        _run(tx, f"""
            insert into outbox_events (id, name, payload, emitted_at, due_at, fanned)
            select 'evt_' || substr(o.tail, 1, 25) || '{letter}', '{name}', $object('order_id', o.order_id), $at({emitted}),
                   $at({due}), false
            from crowd_orders o where o.state = '{state}'""")


def fill_outbox(tx: Transaction, events: int, now_ms: int) -> None:
    """So many events of the last thirty days, each with a delivery that is done; none when there are that many already."""
    take_time(tx)
    if tx.execute(text("select count(*) from deliveries")).scalar_one() >= events:
        return
    step = max(1, 30 * DAY_MS // events)
    rows = f"with recursive {series(0, events - 1)} select n, {now_ms} - {step} * n as ms from series"
    _run(tx, f"create temporary table crowd_events as {rows}")
    ids = f"select 'evt_' || {tail('e.ms', 'e.n', 71, 1)} as id, e.ms from crowd_events e"
    _run(tx, f"create temporary table crowd_event_ids as {ids}")
    _run(tx, """
        insert into outbox_events (id, name, payload, emitted_at, due_at, fanned)
        select e.id, 'OrderPaid', '{}', $at(e.ms), $at(e.ms), true from crowd_event_ids e""")
    _run(tx, """
        insert into deliveries (event_id, reaction, due_at, attempt, tried_before, done_at)
        select e.id, 'crowd', $at(e.ms), 1, 0, $at(e.ms) from crowd_event_ids e""")
    for table in ("crowd_events", "crowd_event_ids"):
        tx.execute(text(f"drop table {table}"))
    analyse(tx)


def _pools(tx: Transaction, skus: Sequence[dict[str, Any]], stores: Sequence[str], ship_to: Sequence[str]) -> None:
    tx.execute(text("create temporary table crowd_skus (i integer primary key, sku_id text, product_id text, code text, "
                    "title text, options json, price_fen bigint)"))
    tx.execute(text("insert into crowd_skus values (:i, :id, :product_id, :code, :title, '{}', :price_fen)"),
               [{"i": i, **sku} for i, sku in enumerate(skus)])
    tx.execute(text("create temporary table crowd_stores (i integer primary key, store_id text)"))
    tx.execute(text("insert into crowd_stores values (:i, :id)"), [{"i": i, "id": each} for i, each in enumerate(stores)])
    tx.execute(text("create temporary table crowd_ship_to (i integer primary key, sealed text)"))
    tx.execute(text("insert into crowd_ship_to values (:i, :sealed)"), [{"i": i, "sealed": each} for i, each in enumerate(ship_to)])


def _decide(tx: Transaction, crowd: Crowd, first: int, last: int, sku_count: int, store_count: int) -> None:
    """`crowd_lines` and `crowd_orders`: everything about each order, from which the rows follow."""
    seed, now = crowd.seed, crowd.now_ms
    share = f"(n * 1.0 / {crowd.orders})"
    ever = f"$least({crowd.members - 1}, (ms - {now - 2 * crowd.span_ms}) / {2 * crowd.span_ms // crowd.members})"
    _run(tx, f"""
        create temporary table crowd_drawn as
        with recursive {series(first, last)}, placed as (
            select n, {now} - {crowd.span_ms} + cast({crowd.span_ms - 1000} * {share} * (1.6 - 0.6 * {share}) as bigint) as ms,
                   {rand('n', 11, seed)} as a, {rand('n', 12, seed)} as b, {rand('n', 13, seed)} as c, {rand('n', 14, seed)} as d
            from series)
        select n, ms, a, b, c, d, {tail('ms', 'n', 15, seed)} as tail,
               ms + 20000 + a % 240000 as pays_ms,
               ms + 20000 + a % 240000 + {4 * HOUR} + b % {50 * HOUR} as ships_ms,
               ms + 20000 + a % 240000 + {4 * HOUR} + b % {50 * HOUR} + {48 * HOUR} + d % {190 * HOUR} as ends_ms,
               a % 1000 as fate, case when b % 10 < 7 then 0 else c % {store_count} end as store,
               case when d % 3 = 0 then {ever} - $least(a % (1 + {ever}), c % (1 + {ever}))
                    else $least(a % (1 + {ever}), c % (1 + {ever})) end as member
        from placed""")
    _run(tx, f"""
        create temporary table crowd_lines as
        select d.n, x.position, 'oli_' || substr(d.tail, 1, 25) || x.position as line_id,
               (d.b / 11 + x.position * (1 + d.c % {sku_count // 3 - 1})) % {sku_count} as sku,
               1 + (d.d / (x.position + 1)) % 3 as quantity
        from crowd_drawn d join (select 0 as position union all select 1 union all select 2) x
             on x.position < 2 + d.c % 2""")
    _run(tx, "create unique index crowd_lines_key on crowd_lines (n, position)")
    _run(tx, f"""
        create temporary table crowd_fates as
        select n, ms, tail, store, member, a, case when d.fate < 80 and ms + 901000 < {now} then ms + 900000 end as closed_ms,
               case when (d.fate >= 80 or ms + 901000 >= {now}) and pays_ms < {now} - 60000 then pays_ms end as paid_ms,
               case when d.fate between 80 and 94 and pays_ms + {HOUR} < {now} - 60000 then pays_ms + {HOUR} end as early_ms,
               case when d.fate between 95 and 109 then 9 when d.fate between 110 and 129 then 0
                    when d.fate = 130 and c % 20 = 0 then 0 end as late_last,
               d.fate, ships_ms, ends_ms, ends_ms + {HOUR} + b % {90 * HOUR} as late_ms
        from crowd_drawn d""")
    _run(tx, f"""
        create temporary table crowd_orders as
        select f.n, f.ms, f.tail, f.store, 'ord_' || f.tail as order_id, {human_number('f.n', seed)} as number,
               {member_id('f.member', crowd)} as member_id, f.closed_ms, f.paid_ms, f.shipped_ms, f.done_ms,
               coalesce(f.early_ms, f.late_ms) as refund_ms,
               {tail('coalesce(f.early_ms, f.late_ms)', 'f.n', 16, seed)} as ref_tail,
               case when f.early_ms is null then 0 else 1 end as restock,
               case when f.early_ms is null and f.late_ms is null then null when f.fate = 130 then 'stuck' else 'arrived' end
                   as refund,
               case when f.early_ms is not null then 9 else f.late_last end as refund_last,
               case when f.closed_ms is not null then 'closed' when f.paid_ms is null then 'unpaid'
                    when f.early_ms is not null or (f.late_ms is not null and f.late_last = 9) then 'refunded'
                    when f.done_ms is not null then 'completed' when f.shipped_ms is not null then 'shipped' else 'paid' end
                   as state,
               s.line_count, s.goods_fen, case when s.goods_fen >= {FREE_FROM} then 0 else {FREIGHT} end as freight_fen,
               case when f.early_ms is not null or (f.late_ms is not null and f.late_last = 9) then s.goods_fen
                    when f.late_ms is not null then s.first_fen else 0 end as refund_goods_fen,
               case when (f.early_ms is not null or (f.late_ms is not null and f.late_last = 9)) and s.goods_fen < {FREE_FROM}
                    then {FREIGHT} else 0 end as refund_freight_fen
        from (select n, ms, tail, store, member, fate, closed_ms, paid_ms, early_ms, late_last,
                     case when paid_ms is not null and early_ms is null and ships_ms < {now} then ships_ms end as shipped_ms,
                     case when paid_ms is not null and early_ms is null and ends_ms < {now} then ends_ms end as done_ms,
                     case when paid_ms is not null and early_ms is null and late_last is not null and late_ms < {now} - 60000
                          then late_ms end as late_ms
              from crowd_fates) f
             join (select l.n, count(*) as line_count, sum(k.price_fen * l.quantity) as goods_fen,
                          sum(case when l.position = 0 then k.price_fen * l.quantity else 0 end) as first_fen
                   from crowd_lines l join crowd_skus k on k.i = l.sku group by l.n) s on s.n = f.n""")
    _run(tx, "create unique index crowd_orders_key on crowd_orders (n)")


def fill_money(tx: Transaction, *, wechat: str, goods: str, freight: str) -> None:
    """Attempts, refunds, ledger, exceptions and audit of the chunk, posted as the use cases post them, to these accounts."""
    _run(tx, """
        insert into payments (id, order_id, member_id, state, amount_fen, expires_at, prepay_id, prepay_at, queries, transaction_id,
               paid_at, refund_fen, refunds, created_at)
        select 'pay_' || o.tail, o.order_id, o.member_id, case when o.paid_ms is null then 'closed' else 'succeeded' end,
               o.goods_fen + o.freight_fen, $at(o.ms + 900000), 'wx' || o.tail, $at(o.ms + 5000), 0,
               case when o.paid_ms is null then null else '42' || o.tail end,
               case when o.paid_ms is null then null else $at(o.paid_ms) end, o.refund_goods_fen + o.refund_freight_fen,
               case when o.refund is null then 0 else 1 end, $at(o.ms + 4000)
        from crowd_orders o where o.paid_ms is not null or (o.closed_ms is not null and o.n % 2 = 0)""")
    _run(tx, """
        insert into refunds (id, payment_id, order_id, kind, state, amount_fen, goods_fen, freight_fen, restock, reason, asked_by,
               asked_at, send_at, sent_at, ended_at, wechat_refund_id, problem, queries)
        select 'ref_' || o.ref_tail, 'pay_' || o.tail, o.order_id, 'order',
               case o.refund when 'arrived' then 'succeeded' else 'abnormal' end, o.refund_goods_fen + o.refund_freight_fen,
               o.refund_goods_fen, o.refund_freight_fen, o.restock = 1,
               case o.n % 4 when 0 then '不想要了' when 1 then '商品破损' when 2 then '拍错了' else '少发货' end, 'staff:stf_crowd',
               $at(o.refund_ms), $at(o.refund_ms), case o.refund when 'arrived' then $at(o.refund_ms + 1000) end,
               case o.refund when 'arrived' then $at(o.refund_ms + 3000) end,
               case o.refund when 'arrived' then '50' || o.tail end, case o.refund when 'stuck' then 'NO_AUTH 商户无退款权限' end, 0
        from crowd_orders o where o.refund is not null""")
    _run(tx, """
        insert into refund_lines (refund_id, order_line_id, quantity, amount_fen, shipped_qty, returned_qty)
        select 'ref_' || o.ref_tail, l.line_id, l.quantity, k.price_fen * l.quantity,
               case when o.restock = 1 then 0 else l.quantity end, 0
        from crowd_orders o join crowd_lines l on l.n = o.n and l.position <= o.refund_last join crowd_skus k on k.i = l.sku
        where o.refund is not null""")
    _run(tx, """
        insert into audit_log (id, at, actor, action, subject)
        select 'aud_' || o.tail, $at(o.refund_ms), 'staff:stf_crowd', 'refund_order', o.order_id
        from crowd_orders o where o.refund is not null""")
    _run(tx, """
        insert into payment_exceptions (id, kind, number, transaction_id, details, state, at)
        select 'pex_' || o.tail, 'refund_refused', 'ref_' || o.ref_tail, '', '{"problem": "NO_AUTH"}', 'open',
               $at(o.refund_ms + 1000)
        from crowd_orders o where o.refund = 'stuck'""")
    for kind, number, ledger_id, at, came, amounts, sides in (
            ("payment", "'pay_' || o.tail", "'ltx_' || o.tail", "o.paid_ms", "o.paid_ms is not null",
             ("o.goods_fen", "o.freight_fen"), ((wechat, goods), (wechat, freight))),
            ("refund", "'ref_' || o.ref_tail", "'ltx_' || substr(o.tail, 1, 25) || 'R'", "o.refund_ms + 3000",
             "o.refund = 'arrived'", ("o.refund_goods_fen", "o.refund_freight_fen"), ((goods, wechat), (freight, wechat)))):
        _run(tx, f"""
            insert into ledger_transactions (id, kind, event_id, at)
            select {ledger_id}, '{kind}', {number}, $at({at}) from crowd_orders o where {came}""")
        for position, (amount, (debit, credit)) in enumerate(zip(amounts, sides, strict=True)):
            _run(tx, f"""
                insert into ledger_transfers (transaction_id, position, debit, credit, amount_fen)
                select {ledger_id}, {position}, '{debit}', '{credit}', {amount} from crowd_orders o
                where {came} and {amount} > 0""")


_TAIL = "substr(l.line_id, 5, 25)"


def fill_stock(tx: Transaction, *, location: str) -> None:
    """Every line of `crowd_lines` reserved once, and released or shipped when its order came so far."""
    for letter, kind, cause, hand, reserved, at, came in (
            ("A", "reserve", "l.line_id", "0", "l.quantity", "o.ms", "true"),
            ("B", "release", "l.line_id", "0", "-l.quantity", "o.closed_ms + 500", "o.closed_ms is not null"),
            ("C", "release", "'ref_' || o.ref_tail || '/' || l.line_id", "0", "-l.quantity", "o.refund_ms", "o.restock = 1"),
            ("D", "ship", "'shp_' || o.tail || '/' || l.line_id", "-l.quantity", "-l.quantity", "o.shipped_ms",
             "o.shipped_ms is not null")):
        _run(tx, f"""
            insert into stock_moves (id, sku_id, location_id, kind, cause, on_hand_change, reserved_change, actor, reason, at)
            select 'stm_' || {_TAIL} || '{letter}' || l.position, k.sku_id, '{location}', '{kind}', {cause}, {hand},
                   {reserved}, 'system', '', $at({at})
            from crowd_lines l join crowd_orders o on o.n = l.n join crowd_skus k on k.i = l.sku where {came}""")
    _run(tx, """
        create temporary table crowd_sums as
        select k.sku_id, sum(case when o.shipped_ms is null then 0 else l.quantity end) as left_qty,
               sum(case when o.closed_ms is not null or o.restock = 1 or o.shipped_ms is not null then 0 else l.quantity end)
                   as held_qty
        from crowd_lines l join crowd_orders o on o.n = l.n join crowd_skus k on k.i = l.sku group by k.sku_id""")
    _run(tx, f"""
        update stock_levels set
            on_hand = on_hand - coalesce((select s.left_qty from crowd_sums s where s.sku_id = stock_levels.sku_id), 0),
            reserved = reserved + coalesce((select s.held_qty from crowd_sums s where s.sku_id = stock_levels.sku_id), 0)
        where location_id = '{location}'""")


def level_stock(tx: Transaction, now_ms: int, *, location: str) -> None:
    """At the end: shelves as full as those of a shop, every fifteenth nearly empty, by adjustments that the journal knows."""
    target = "s.reserved + case when cast(substr(k.code, 3) as integer) % 15 = 0 then 3 else 60 + k.price_fen % 97 end"
    _run(tx, f"""
        insert into stock_moves (id, sku_id, location_id, kind, cause, on_hand_change, reserved_change, actor, reason, at)
        select 'stm_' || substr(k.id, 5) , k.id, s.location_id, 'adjust', 'adj_' || substr(k.id, 5), {target} - s.on_hand, 0,
               'staff:stf_crowd', '盘点', $at({now_ms})
        from stock_levels s join skus k on k.id = s.sku_id where s.location_id = '{location}' and {target} <> s.on_hand""")
    _run(tx, f"""
        update stock_levels set on_hand = on_hand + coalesce((select m.on_hand_change from stock_moves m
            where m.cause = 'adj_' || substr(stock_levels.sku_id, 5) and m.kind = 'adjust' and m.sku_id = stock_levels.sku_id
              and m.location_id = stock_levels.location_id), 0)
        where location_id = '{location}'""")


def forget_chunk(tx: Transaction) -> None:
    """Drop the temporary tables of a chunk."""
    for table in ("crowd_sums", "crowd_orders", "crowd_fates", "crowd_lines", "crowd_drawn", "crowd_ship_to", "crowd_stores",
                  "crowd_skus"):
        tx.execute(text(f"drop table {table}"))
