"""Parcels as people see them: what is in them, who carries them, and how far they are."""

from typing import Any

from sqlalchemy import bindparam, select

from backend.fulfilment.couriers import COURIERS
from backend.fulfilment.models import Parcel, ParcelLine, ParcelTrace
from backend.fulfilment.states import PARCEL_WORDS
from backend.infra.rows import among
from backend.infra.uow import Reading

PARCELS, LINES, TRACES = Parcel.__table__, ParcelLine.__table__, ParcelTrace.__table__
_OF_ORDER = select(PARCELS).where(PARCELS.c.order_id == bindparam("order_id")).order_by(PARCELS.c.seq)
_LINES = select(LINES).where(among(LINES.c.parcel_id, "parcel_ids"))
_TRACES = select(TRACES.c.parcel_id, TRACES.c.at, TRACES.c.text, TRACES.c.source).where(
    among(TRACES.c.parcel_id, "parcel_ids")).order_by(TRACES.c.at.desc(), TRACES.c.id.desc())


def parcels_shown(rd: Reading, order_id: str, language: str) -> list[dict[str, Any]]:
    """An order's parcels in the order in which they left, each with its lines and its way, newest first; three statements,
    one when nothing has left."""
    rows = rd.execute(_OF_ORDER, {"order_id": order_id}).all()
    word = 1 if language.startswith("en") else 0
    shown: dict[str, dict[str, Any]] = {row.id: {
        "id": row.id, "number": row.seq, "courier": row.courier, "courier_text": courier_name(row.courier, language),
        "tracking_number": row.tracking_number, "state": row.state, "state_text": PARCEL_WORDS[row.state][word],
        "shipped_at": row.shipped_at, "ended_at": row.ended_at, "lines": [], "traces": []} for row in rows}
    if shown:
        asked = {"parcel_ids": list(shown)}
        for line in rd.execute(_LINES, asked):
            shown[line.parcel_id]["lines"].append({"order_line_id": line.order_line_id, "quantity": line.quantity})
        for trace in rd.execute(_TRACES, asked):
            shown[trace.parcel_id]["traces"].append({"at": trace.at, "text": trace.text})
    return list(shown.values())


def courier_name(code: str, language: str) -> str:
    """What a courier is called; its code when the list no longer has it."""
    courier = COURIERS.get(code)
    return code if courier is None else courier.en if language.startswith("en") else courier.zh
