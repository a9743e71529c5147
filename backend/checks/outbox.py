"""The outbox: every delivery ends once, and none was given up without anybody looking (I43–I45)."""

from backend.checks.check import Check, shown
from backend.infra.outbox import ATTEMPTS

CHECKS = (
    Check("I43.dead", "没有放弃的后台任务", "No delivery was given up", """
        select d.event_id, d.reaction, coalesce(substr(d.error, 1, 200), '') as found, 'done' as expected
        from deliveries d where d.dead_at is not null""",
        "Read the error, remove its cause, then give the delivery its tries again (the retry button)."),
    Check("I43.fanned", "派发与事件相符", "Deliveries belong to events that were fanned out", """
        select d.event_id, d.reaction, 'an event not fanned out' as found, 'fanned out' as expected
        from deliveries d join outbox_events e on e.id = d.event_id where not e.fanned
        union all
        select d.event_id, d.reaction, 'no event', 'an event' from deliveries d
        left join outbox_events e on e.id = d.event_id where e.id is null""",
        "Its relay will fail on it again and again: find what wrote the delivery, and remove it."),
    Check("I45.ends", "任务只有一种结局", "A delivery ends in one way, after a counted attempt", f"""
        select d.event_id, d.reaction, 'attempt ' || d.attempt || ', done ' || {shown('d.done_at')} || ', dead ' ||
               {shown('d.dead_at')} || ', leased ' || {shown('d.lease_until')} as found,
               'done or dead, no lease left, 1 to {ATTEMPTS} attempts' as expected
        from deliveries d
        where (d.done_at is not null and d.dead_at is not null) or d.attempt < 0 or d.attempt - d.tried_before > {ATTEMPTS}
           or ((d.done_at is not null or d.dead_at is not null) and (d.lease_until is not null or d.attempt < 1))""",
        "Find what wrote the delivery: only `backend/infra/outbox.py` may."),
)
