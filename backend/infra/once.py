"""Client keys: a request with an `Idempotency-Key` has its effect once, and a repeat gets the same answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, String, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Utc
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import Kind, Refusal

KEPT = timedelta(days=30)

KEY_REUSED = Refusal(Kind.INVALID, "idempotency_key_reused", zh="同一个 Idempotency-Key 用在了不同的请求上，请换一个新的。",
                     en="This Idempotency-Key was used with another request; take a new one.")


class ClientKeyRow(Base):
    """A key that was claimed, with the answer that its first request got (JSON as text: a repeat is the same to the byte)."""

    __tablename__ = "client_keys"
    actor: Mapped[str] = mapped_column(String(48), primary_key=True)
    use_case: Mapped[str] = mapped_column(String(48), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    claimed_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "claimed_at"),)


KEYS = ClientKeyRow.__table__


@dataclass(slots=True)
class ClientKey:
    """A key as a door received it; `fingerprint` is a hash of the request. `hit` tells the door that it was a repeat."""

    value: str
    fingerprint: str
    hit: bool = field(default=False, init=False)


_CLAIM = {"sqlite": sqlite_insert(KEYS).on_conflict_do_nothing(),
          "postgresql": postgresql_insert(KEYS).on_conflict_do_nothing()}


def claim(tx: Transaction, key: ClientKey | None, use_case: str, result: dict[str, Any]) -> dict[str, Any] | None:
    """Claim `key` for this actor and use case, remembering `result`: None when it is ours, else the first answer.

    The claim lives in the business transaction: a refusal rolls it back and is not remembered; a rival with the same key
    waits until we commit. The same key with another fingerprint is refused (`idempotency_key_reused`). No key: no claim.
    """
    if key is None:
        return None
    if tx.execute(_CLAIM[tx.dialect], _row(tx, key, use_case, result)).rowcount == 1:
        return None
    first = find_claim(tx, key, use_case)
    assert first is not None, "the claim that was in the way is gone"
    return first


def find_claim(rd: Reading, key: ClientKey | None, use_case: str) -> dict[str, Any] | None:
    """The first answer to `key` of this actor and use case, or None when nobody has claimed it; refuses as `claim` does.

    For what calls the outside world before it writes: a repeat must not call it again.
    """
    if key is None:
        return None
    first = rd.execute(select(*(each.scalar_subquery() for each in FIRST)), of_first(rd, key, use_case)).one()
    return _first(key, *first)


_OF_KEY = (KEYS.c.actor == bindparam("key_actor"), KEYS.c.use_case == bindparam("key_use_case"),
           KEYS.c.key == bindparam("key_value"))
FIRST = (select(KEYS.c.fingerprint).where(*_OF_KEY), select(KEYS.c.result).where(*_OF_KEY))
"""Two values that tell whether a key was claimed (`of_first`), for a statement that takes a lock of the actor anyway. Under that
lock `first_answer` and `claim_last` are as good as `claim`, and cost no statement."""


def of_first(rd: Reading, key: ClientKey | None, use_case: str) -> dict[str, str]:
    """The parameters of FIRST."""
    return {"key_actor": str(rd.actor), "key_use_case": use_case, "key_value": key.value if key is not None else ""}


def first_answer(tx: Transaction, key: ClientKey | None, fingerprint: str | None,
                 result: dict[str, Any] | None) -> dict[str, Any] | None:
    """The first answer, or None when what FIRST found says that nobody has claimed `key`; refuses as `claim` does.

    A repeat changes nothing: what this transaction has done until now is undone.
    """
    first = _first(key, fingerprint, result) if key is not None else None
    if first is not None:
        tx.undo()
    return first


def claim_last(tx: Transaction, key: ClientKey | None, use_case: str, result: dict[str, Any]) -> None:
    """Claim `key` with what is written at the end. A rival who did not wait for our lock fails by the key of the table."""
    if key is not None:
        tx.add(KEYS, [_row(tx, key, use_case, result)])


def _first(key: ClientKey, fingerprint: str | None, result: dict[str, Any] | None) -> dict[str, Any] | None:
    if fingerprint is None:
        return None
    if fingerprint != key.fingerprint:
        raise KEY_REUSED()
    key.hit = True
    return result


def _row(tx: Transaction, key: ClientKey, use_case: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"actor": str(tx.actor), "use_case": use_case, "key": key.value, "fingerprint": key.fingerprint, "result": result,
            "claimed_at": tx.now}


def forget_old(tx: Transaction) -> int:
    """Delete keys older than 30 days; returns how many."""
    return tx.execute(delete(KEYS).where(KEYS.c.claimed_at < tx.now - KEPT)).rowcount
