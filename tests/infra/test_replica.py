"""The read replica, a real one: who is answered by it, when, and that nothing depends on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from backend.context import Context
from backend.infra import replica
from backend.infra.clock import FileClock
from backend.infra.db import Snapshot, close_snapshot, db, open_snapshot, read_engine
from backend.infra.marks import find_mark, set_mark
from backend.infra.replica import catches_up, connected, place_now, the_replica
from backend.infra.settings import Settings
from backend.infra.uow import reading, transaction
from backend.queries.readiness import replica_state
from tests.conftest import make_settings
from tests.given_replica import held, is_copy

Ctx = Callable[..., Context]
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def read_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """What DATABASE_READ_URL says: the replica, or what a test has put in its place."""
    place = getattr(request, "param", "replica")
    return {"primary": database_url, "nowhere": "postgresql+psycopg://postgres@/x?host=/nowhere"}.get(place) or (
        request.getfixturevalue("replica_server"))


@pytest.fixture
def settings(tmp_path: Path, database_url: str, read_url: str, clock: FileClock) -> Settings:
    return make_settings(tmp_path, database_url, database_read_url=read_url)


@pytest.fixture
def snapshot_of_page() -> Iterator[Callable[[int | None], Snapshot]]:
    """`snapshot_of_page(seen)`: from here on all readings are those of one page."""
    yield open_snapshot
    close_snapshot()


def note(ctx: Ctx, value: str) -> None:
    with transaction(ctx()) as tx:
        set_mark(tx, "note", {"says": value})


def said(ctx: Ctx, *, old: bool = False) -> tuple[str, bool]:
    """What the note says, and whether the replica said so."""
    with reading(ctx(), old=old) as rd:
        return find_mark(rd, "note")["says"], is_copy(rd.connection)


def test_what_may_be_old_is_read_from_the_replica_and_all_else_is_not(ctx: Ctx, read_url: str) -> None:
    note(ctx, "first")
    with held(read_url):
        note(ctx, "second")
        assert said(ctx) == ("second", False)
        assert said(ctx, old=True) == ("first", True)
    assert catches_up(30)
    assert said(ctx, old=True) == ("second", True)
    assert replica_state() == "ok"


def test_who_has_written_is_not_answered_by_a_replica_that_does_not_know_it(
        ctx: Ctx, read_url: str, snapshot_of_page: Callable) -> None:
    note(ctx, "first")
    with held(read_url):
        before = place_now()
        note(ctx, "second")
        after = place_now()
        assert before < after
        for seen, answer in ((before, "first"), (0, "first"), (after, "second"), (None, "second")):
            snapshot_of_page(seen)
            assert said(ctx) == said(ctx, old=True) == (answer, answer == "first")
    assert catches_up(30)
    snapshot_of_page(after)
    assert said(ctx) == ("second", True)


def test_a_page_that_has_written_itself_goes_on_with_the_primary(ctx: Ctx, read_url: str, snapshot_of_page: Callable) -> None:
    note(ctx, "first")
    with held(read_url):
        snapshot_of_page(0)
        assert said(ctx) == ("first", True)
        note(ctx, "second")
        assert said(ctx) == ("second", False)


def test_a_replica_that_is_far_behind_is_not_asked(ctx: Ctx, read_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    note(ctx, "first")
    with held(read_url):
        note(ctx, "second")
        now = [replica.ticks()]
        monkeypatch.setattr(replica, "ticks", lambda: now[0])
        assert said(ctx, old=True) == ("first", True)
        now[0] += 9
        assert said(ctx, old=True) == ("first", True)
        now[0] += 2
        assert said(ctx, old=True) == ("second", False)
        assert replica_state() == "behind"
    monkeypatch.undo()
    assert catches_up(30)
    assert said(ctx, old=True) == ("second", True)


def test_a_process_that_has_just_begun_does_not_trust_a_replica_that_is_behind(ctx: Ctx, read_url: str) -> None:
    with held(read_url):
        note(ctx, "first")
        fresh = replica.Replica(db.engines["replica"], read_engine())
        assert (fresh.look(), fresh.answers()) == ("behind", False)


@pytest.mark.parametrize(("read_url", "state"), [("nowhere", "down"), ("primary", "foreign")], indirect=["read_url"])
def test_without_a_sound_replica_the_primary_answers(ctx: Ctx, state: str) -> None:
    note(ctx, "first")
    assert said(ctx, old=True) == ("first", False)
    assert not catches_up(5)
    assert replica_state() == state


def test_a_replica_that_goes_away_is_not_missed(ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> None:
    note(ctx, "first")
    assert catches_up(30)
    monkeypatch.setattr(the_replica(), "engine", sa.create_engine("postgresql+psycopg://postgres@/x?host=/nowhere"))
    assert the_replica().answers(), "nobody has noticed yet"
    assert said(ctx, old=True) == ("first", False)
    assert the_replica().state == "down"


def test_nothing_can_be_written_there(ctx: Ctx) -> None:
    assert catches_up(30)
    with pytest.raises(sa.exc.DBAPIError, match="read-only"), connected(read_engine()) as connection:
        assert is_copy(connection)
        connection.exec_driver_sql("delete from marks")
