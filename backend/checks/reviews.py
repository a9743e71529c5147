"""Reviews: nothing unchecked is public, one per received line, hidden only on record, counted right (PH65)."""

from backend.checks.check import Check, shown

_UNPASSED = """
        exists (select 1 from screenings s where s.subject = t.id and s.revision = t.revision and s.state <> 'passed')
        or (t.text <> '' and not exists (select 1 from screenings s where s.subject = t.id and s.revision = t.revision
                                         and s.part = 'text'))
        or (select count(*) from screenings s where s.subject = t.id and s.revision = t.revision and s.part <> 'text')
           <> $length(t.pictures)"""
_SUBJECTS = """(select id, state, moves, revision, text, pictures, decided_by from reviews
                union all select id, state, moves, revision, text, pictures, decided_by from review_notes)"""
_STARS = " or ".join(f"coalesce(p.stars_{stars}, 0) <> coalesce(c.stars_{stars}, 0)" for stars in range(1, 6))
_COUNTED = ", ".join(f"sum(case when stars = {stars} then 1 else 0 end) as stars_{stars}" for stars in range(1, 6))

CHECKS = (
    Check("I61.unchecked", "公开的评价都经过审核", "Nothing is public that neither WeChat nor a person has let pass", f"""
        select t.id as subject, 'shown' as found, 'passed, or decided by a person' as expected
        from {_SUBJECTS} t where t.state = 'shown' and t.decided_by is null and ({_UNPASSED})""",
          "Hide it now; then find what showed it: only `steps/settle_check.py` and `usecases/show_review.py` may."),
    Check("I61.bought", "评价来自收到货的本人", "A review is of a line that its author has received", """
        select r.id as review_id, 'of ' || r.order_line_id as found, 'a received line of its author' as expected
        from reviews r left join order_lines l on l.id = r.order_line_id left join orders o on o.id = l.order_id
        where l.id is null or l.order_id <> r.order_id or l.product_id <> r.product_id or o.member_id <> r.member_id
           or o.store_id <> r.store_id or o.completed_at is null""",
          "Hide it with the reason that nobody bought this, and find what wrote it."),
    Check("I61.once", "每行商品只有一条评价", "A line has at most one review", """
        select r.order_line_id, count(*) as found, 1 as expected from reviews r group by r.order_line_id having count(*) > 1""",
          "Keep the first; find what wrote the second in spite of the key."),
    Check("I61.moves", "评价的每一步都有记录", "Every step of a review is on record", f"""
        select t.id as subject, t.state || ' after ' || coalesce(m.steps, 0) || ' steps to ' || {shown('z.to_state')} as found,
               'the state of the last of ' || t.moves || ' steps' as expected
        from {_SUBJECTS} t
        left join (select subject, count(*) as steps, min(seq) as first, max(seq) as last from review_moves group by subject) m
               on m.subject = t.id
        left join review_moves z on z.subject = t.id and z.seq = t.moves
        where coalesce(m.steps, 0) <> t.moves or m.first <> 1 or m.last <> t.moves or z.to_state is null
           or z.to_state <> t.state""",
          "Compare with the audit log; write the missing step by hand, with the reason."),
    Check("I61.hidden", "隐藏都有原因和操作人", "Whatever is hidden was hidden by somebody, with a reason", """
        select t.id as subject, 'no trace' as found, 'an entry in the audit log' as expected
        from (select id, state from reviews union all select id, state from review_notes) t
        where t.state = 'hidden' and not exists (
            select 1 from audit_log a where a.subject = t.id and a.action = 'hide_review')""",
          "Show it again, and hide it properly if there is a reason."),
    Check("I61.pictures", "评价的图片归评价所有", "The pictures of a review are bound to it", """
        select t.id as subject, (select count(*) from uploads u where u.claimed_by = t.id) as found,
               $length(t.pictures) as expected
        from (select id, pictures from reviews union all select id, pictures from review_notes) t
        where (select count(*) from uploads u where u.claimed_by = t.id) <> $length(t.pictures)""",
          "Let the author hand the review in again; unbound pictures are swept after a day."),
    Check("I61.reuse", "授权与最近一次选择一致", "A permission to reuse is the author's newest word", f"""
        select r.id as review_id, {shown('r.reuse_version')} || case when r.reuse_credit then ' with name' else '' end as found,
               case when w.granted then w.version || case when w.credit then ' with name' else '' end else 'no permission' end
               as expected
        from reviews r left join reuse_words w on w.review_id = r.id
             and w.id = (select v.id from reuse_words v where v.review_id = r.id order by v.at desc, v.id desc limit 1)
        where case when w.id is not null and w.granted
                   then r.reuse_version is null or r.reuse_version <> w.version or r.reuse_credit <> w.credit
                   else r.reuse_version is not null or r.reuse_credit end""",
          "Set the review by the newest of its reuse_words; do not use it elsewhere before."),
    Check("I61.ratings", "商品评分与评价相符", "The stars of a product are those of its shown reviews", f"""
        select coalesce(p.product_id, c.product_id) as product_id,
               coalesce(p.stars_1 + p.stars_2 + p.stars_3 + p.stars_4 + p.stars_5, 0) || ' counted' as found,
               coalesce(c.shown, 0) || ' shown' as expected
        from (select product_id from product_ratings union select product_id from reviews) k
        left join product_ratings p on p.product_id = k.product_id
        left join (select product_id, count(*) as shown, sum(case when picture_count > 0 then 1 else 0 end) as with_pictures,
                          {_COUNTED} from reviews where state = 'shown' group by product_id) c on c.product_id = k.product_id
        where {_STARS} or coalesce(p.with_pictures, 0) <> coalesce(c.with_pictures, 0)""",
          "Count anew: emit ReviewsChanged for the product, or let the worker finish.", waits=True),
    Check("I61.timer", "待审核内容都有时限", "Whatever waits for WeChat's verdict has a timer behind it", """
        select s.id as screening_id, s.state || ' since ' || cast(s.asked_at as varchar) as found, 'a timer' as expected
        from screenings s where s.state in ('open', 'sent') and not exists (
            select 1 from outbox_events e left join deliveries d on d.event_id = e.id
            where e.name = 'ScreeningOverdue' and $subject_of = s.subject
              and ((d.event_id is null and not e.fanned) or (d.event_id is not null and d.done_at is null)))""",
          "Decide it by hand on the reviews' desk, and find what removed its timer."),
)
