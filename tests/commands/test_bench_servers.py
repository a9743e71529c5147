"""Comparing web servers: what is tried, what slow clients are, and that a server which answers nobody counts as none."""

import socket

import pytest

from backend.commands import _bench_servers, _programs
from backend.commands._bench_driver import Round
from backend.commands._bench_load import Told
from backend.commands._bench_servers import SLOW, Variant, measured, rate_beside, slow_clients, variants
from backend.commands._bench_web import Served


@pytest.mark.parametrize("installed", [False, True])
def test_granian_takes_part_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    monkeypatch.setattr(_bench_servers.importlib.util, "find_spec", lambda _: object() if installed else None)
    commands = {each.name: each.command(8123, "wsgi:application") for each in variants()}
    assert commands["gunicorn 2×4"] == _programs.web("127.0.0.1:8123", 2, 4)
    assert commands["gunicorn 4×2"][commands["gunicorn 4×2"].index("--threads") + 1] == "2"
    assert {name.split()[0] for name in commands} == ({"gunicorn", "granian"} if installed else {"gunicorn"})
    if installed:
        assert commands["granian 2×8"][-1] == "wsgi:application" and "8123" in commands["granian 2×8"]


def test_slow_clients_say_a_part_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, slow_clients(server.getsockname()[1], SLOW["half a head"], 2):
        said = []
        for _ in range(2):
            connection, _ = server.accept()
            with connection:
                said.append(connection.recv(1000).decode())
    assert said == [SLOW["half a head"]] * 2 and "\r\n\r\n" not in said[0]
    assert len(SLOW["half a body"].partition("\r\n\r\n")[2]) < 40


def test_a_server_that_answers_nobody_has_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bench_servers, "SLOW_PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert rate_beside(Served(server.getsockname()[1], 1)) == 0.0


def test_a_variant_is_told_and_wants_nothing() -> None:
    told = Told(done=10, seconds=1.0, latency_ms=(1, 2, 3, 4))
    tried = Variant("gunicorn 2×4", 4, lambda *_: [], {"hello": [Round(900, 0.3, 0, 0, told), Round(1000, 0.2, 0, 0, told)]},
                    {"nothing": 0.0}, 180.0)
    said = measured("postgresql", tried)
    assert said.met and said.figures["hello"]["per_second"] == [900, 1000] and said.figures["pss_mb"] == 180.0
    assert "hello 900/950/1000 a second, 0.20 ms" in said.line and "0 (nothing)" in said.line
