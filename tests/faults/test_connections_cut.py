"""PostgreSQL ends our connection at each point of placing an order (F15): a friendly no, and the next try goes through."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from backend.infra.db import write_engine
from backend.infra.once import ClientKey
from backend.kernel.errors import Refused
from tests.faults.points import Points
from tests.given_orders import Shop

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Cuts(Points):
    """Points at which nothing is raised: the server ends the connection, and the driver finds out."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self.server = server
        self.cut = False

    def reached_on(self, name: str, connection: Any) -> None:
        if self.active:
            self.names.append(name)
            if len(self.names) == self.at:
                with psycopg.connect(self.server, autocommit=True) as server:
                    server.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
                self.cut = True


@pytest.fixture
def cuts(shop: Shop, database_url: str) -> Iterator[Cuts]:
    engine = write_engine()
    points, commit = Cuts(database_url.replace("+psycopg", "")), engine.dialect.do_commit

    def on_statement(connection: Any, _: Any, statement: str, *__: Any) -> None:
        points.reached_on("sql " + " ".join(statement.split()[:3]), connection.connection.driver_connection)

    def do_commit(connection: Any) -> None:
        points.reached_on("before commit", connection.driver_connection)
        commit(connection)
        points.reached_on("after commit", connection.driver_connection)

    event.listen(engine, "before_cursor_execute", on_statement)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    yield points
    event.remove(engine, "before_cursor_execute", on_statement)
    engine.dialect.do_commit = commit  # type: ignore[method-assign]


def test_f15_cut_at_every_point_of_placing(shop: Shop, cuts: Cuts) -> None:
    goods, other = shop.goods("A1", 5000, 200), shop.goods("B1", 3000, 200)

    def place(key: str) -> str:
        return shop.place(shop.shopper(key), (goods, 2), (other, 1), key=ClientKey(key, "f"))

    def again(key: str) -> str:
        """A connection that was cut after its commit lies in the pool, and whoever gets it next is told busy, once."""
        try:
            return place(key)
        except Refused as no:
            assert no.code == "busy"
            return place(key)

    with cuts.counting():
        place("undisturbed")
    names = list(cuts.names)
    assert len(names) > 8 and names[-2:] == ["before commit", "after commit"]

    for at, name in enumerate(names, 1):
        key, told = f"cut-{at}", ""
        with cuts.counting(at):
            try:
                told = place(key)
            except Refused as no:
                assert no.code == "busy", f"{at}: {name}"
        assert cuts.cut, f"{name} was not reached again"
        cuts.cut = False
        order = again(key)
        assert told in ("", order), name
    assert len(shop.rows("select id from orders")) == len(names) + 1
    reserved = {row["reserved"] for row in shop.rows("select reserved from stock_levels")}
    assert reserved == {len(names) + 1, 2 * (len(names) + 1)}
