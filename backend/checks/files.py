"""Pictures, exports and imports: evidence is bound and private, sheets end, and all of it leaves its trace (I17, I47, I48)."""

from backend.checks.check import Check, shown

BOUND = "Find what wrote the case without its pictures; the shopper can send them again in a complaint."
SHEET = "Cancel it and have it asked for again; then look for what removed its delivery."
TRACE = "Find out who did it past the console."

_PICTURES = """(select id, member_id, store_id, 'aftersale' as purpose, $length(pictures) as n from aftersales
                union all
                select t.id, t.member_id, t.store_id, 'ticket', coalesce(m.n, 0) from tickets t
                left join (select ticket_id, sum($length(pictures)) as n from ticket_messages group by ticket_id) m
                       on m.ticket_id = t.id)"""


def _undelivered(events: str, of: str) -> str:
    """That nothing will go on with the row: no delivery of these events is still to be done."""
    return f"""not exists (select 1 from outbox_events e left join deliveries d on d.event_id = e.id
                           where e.name in ({events}) and {of}
                             and ((d.event_id is null and not e.fanned) or (d.event_id is not null and d.done_at is null)))"""


CHECKS = (
    Check("I47.private", "凭证图片只存于私有目录", "Pictures of after-sales and complaints are private, all others are not", """
        select u.id as upload_id, u.purpose || case when u.private then ', private' else ', public' end as found,
               case when u.purpose in ('aftersale', 'ticket') then 'private' else 'public' end as expected
        from uploads u where u.private <> (u.purpose in ('aftersale', 'ticket'))""",
          "Move the file to where it belongs and correct the row; find what stored it."),
    Check("I47.evidence", "凭证图片归其售后或工单所有",
          "The pictures of a case or a complaint are its own: its member's, for its store", f"""
        select c.id as subject, coalesce(u.n, 0) || ' pictures' as found, c.n || ' pictures' as expected
        from {_PICTURES} c left join (
            select w.claimed_by, w.purpose, w.store_id, w.owner, count(*) as n from uploads w
            where w.claimed_by is not null group by w.claimed_by, w.purpose, w.store_id, w.owner) u
          on u.claimed_by = c.id and u.purpose = c.purpose and u.store_id = c.store_id and u.owner = 'shopper:' || c.member_id
        where coalesce(u.n, 0) <> c.n
        union all
        select w.claimed_by, w.id, 'a case or complaint that is there'
        from uploads w left join {_PICTURES} c on c.id = w.claimed_by
        where w.purpose in ('aftersale', 'ticket') and w.claimed_by is not null and c.id is null""", BOUND),
    Check("I17.exports", "导出不会停在半路", "An export that is being written has its next slice to come", f"""
        select x.id as export_id, x.state || ', ' || x.slices || ' slices' as found, 'a delivery that is to be done' as expected
        from exports x where x.state in ('asked', 'running')
          and {_undelivered("'ExportAsked', 'ExportSliceDue'", '$export_of = x.id')}""", SHEET, waits=True),
    Check("I17.imports", "导入不会停在半路",
          "An import that is being read, checked or written has its next slice to come", f"""
        select i.id as import_id, i.state || ', step ' || i.step as found, 'a delivery that is to be done' as expected
        from imports i where i.state in ('received', 'checking', 'running')
          and {_undelivered("'ImportReceived', 'ImportCheckDue', 'ImportRunDue'", '$import_of = i.id')}""", SHEET, waits=True),
    Check("I43.export-files", "导出的每一片恰好写一次",
          "Every slice of an export was written once, and a finished one has its file", """
        select x.id as export_id,
               x.slices || ' slices, ' || coalesce(p.n, 0) || ' kept, file ' || coalesce(f.key, 'none') as found,
               case when x.state = 'done' then 'its file' else 'a kept piece for each slice' end as expected
        from exports x left join (select export_id, count(*) as n from export_parts where kept group by export_id) p
                              on p.export_id = x.id
             left join export_parts f on f.key = x.file_key and f.kept
        where (x.state in ('asked', 'running') and coalesce(p.n, 0) <> x.slices)
           or (x.state = 'done' and (f.key is null or x.expires_at < x.ended_at))""",
          "Ask for the export anew; find what removed or wrote its pieces twice."),
    Check("I43.import-lines", "导入恰好读完每一行", "An import that is done has seen each of its lines once", f"""
        select i.id as import_id, i.state || ', ' || i.seen || ' of ' || {shown('i.lines')} || ', ended ' || {shown('i.ended_at')}
               as found, 'every line seen once, then ended' as expected
        from imports i
        where (i.state = 'done' and (i.lines is null or i.seen <> i.lines))
           or (i.state in ('checking', 'running') and i.seen > coalesce(i.lines, i.seen))
           or (i.state in ('done', 'failed', 'cancelled')) <> (i.ended_at is not null)""",
          "Compare its lines with the goods they name, and import what is missing anew; a line that is there changes nothing."),
    Check("I48.exports", "每次导出与下载都有审计记录",
          "Every export that was asked for, and every download, stands in the audit log", """
        select x.id as export_id, coalesce(a.asked, 0) || ' asked, ' || coalesce(a.fetched, 0) || ' fetched' as found,
               '1 asked, ' || x.downloads || ' fetched' as expected
        from exports x left join (
            select subject, sum(case when action = 'ask_export' then 1 else 0 end) as asked,
                   sum(case when action = 'download_export' then 1 else 0 end) as fetched
            from audit_log where action in ('ask_export', 'download_export') group by subject) a on a.subject = x.id
        where coalesce(a.asked, 0) <> 1 or coalesce(a.fetched, 0) <> x.downloads""", TRACE),
    Check("I48.imports", "每次导入与确认都有审计记录", "Every import, and who said yes to it, stands in the audit log", """
        select i.id as import_id,
               i.state || ', ' || coalesce(a.taken, 0) || ' taken, ' || coalesce(a.confirmed, 0) || ' confirmed' as found,
               '1 taken, and 1 confirmed before rows are written' as expected
        from imports i left join (
            select subject, sum(case when action = 'take_import' then 1 else 0 end) as taken,
                   sum(case when action = 'confirm_import' then 1 else 0 end) as confirmed
            from audit_log where action in ('take_import', 'confirm_import') group by subject) a on a.subject = i.id
        where coalesce(a.taken, 0) <> 1 or coalesce(a.confirmed, 0) <> case when i.confirmed_by is null then 0 else 1 end
           or (i.state in ('running', 'done') and i.confirmed_by is null)""", TRACE),
)
