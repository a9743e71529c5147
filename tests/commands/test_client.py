"""The client that asks until it is answered: the same key each time, a fresh body where one is made, and an end."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from backend.commands._client import Client, Declined, Unanswered
from backend.commands._phone import Phone


class Server(ThreadingHTTPServer):
    """Answers by a script: a status, "drop" (no answer) or "cut" (half an answer)."""

    script: list[Any]
    asked: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key")
        self.server.asked.append({"path": self.path, "key": key, "body": json.loads(body)})
        step = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        if step == "drop":
            self.close_connection = True
            return
        status, said = step if isinstance(step, tuple) else (step, {"said": step})
        content = json.dumps(said).encode()
        self.send_response(status if step != "cut" else 200)
        self.send_header("Content-Length", str(len(content) + (100 if step == "cut" else 0)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = step == "cut"

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.script, server.asked = [200], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize("trouble", ["drop", "cut", 502, 503, 504])
def test_a_lost_answer_is_asked_for_again_with_the_same_key(server: Server, trouble: Any) -> None:
    server.script = [trouble, trouble, 200]
    said = Client(url(server), patience=10).ask("POST", "/x", {"n": 1}, headers={"Idempotency-Key": "k" * 8})
    assert said == {"said": 200}
    assert server.asked == [{"path": "/x", "key": "k" * 8, "body": {"n": 1}}] * 3


def test_a_made_body_is_made_for_each_try(server: Server) -> None:
    server.script = ["drop", 200]
    numbers = iter(range(9))
    Client(url(server), patience=10).ask("POST", "/x", lambda: {"code": next(numbers)})
    assert [each["body"] for each in server.asked] == [{"code": 0}, {"code": 1}]


GONE = (409, {"code": "gone", "detail": "走了", "details": {"n": 2}})


@pytest.mark.parametrize(("script", "repeated"), [([GONE], False), (["drop", GONE], True)])
def test_a_definite_no_says_whether_it_was_asked_before(server: Server, script: list[Any], repeated: bool) -> None:
    server.script = script
    with pytest.raises(Declined) as raised:
        Client(url(server)).ask("POST", "/x", {})
    no = raised.value
    assert (no.status, no.code, no.sentence, no.details, no.repeated) == (409, "gone", "走了", {"n": 2}, repeated)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500])
def test_other_noes_are_not_asked_again(server: Server, status: int) -> None:
    server.script = [status]
    with pytest.raises(Declined) as raised:
        Client(url(server)).ask("POST", "/x", {})
    assert (raised.value.status, len(server.asked)) == (status, 1)


def test_nobody_waits_for_ever(server: Server) -> None:
    server.script = [503]
    client = Client(url(server), patience=0.5)
    with pytest.raises(Unanswered, match="POST /x got no answer: 503"):
        client.ask("POST", "/x", {})
    assert len(server.asked) > 2
    assert client.open_requests == 0


def test_nobody_there(server: Server) -> None:
    gone = url(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(Unanswered, match="ConnectError"):
        Client(gone, patience=0.2).ask("GET", "/x")


def test_the_open_requests_are_counted(server: Server) -> None:
    client, seen = Client(url(server)), []

    def look() -> dict[str, Any]:
        seen.append(client.open_requests)
        return {}

    client.ask("POST", "/x", look)
    assert (seen, client.open_requests) == ([1], 0)


PAID = {"out_trade_no": "p", "delivered": True}
PAID_BEFORE = (409, {"code": "ORDER_NOT_OPEN", "message": "订单已支付或已关闭"})


@pytest.mark.parametrize(("script", "delivered"), [([(200, PAID)], True), (["drop", (200, PAID)], True),
                                                   (["drop", PAID_BEFORE], False)])
def test_a_tap_whose_answer_was_lost_is_not_a_refusal(server: Server, script: list[Any], delivered: bool) -> None:
    server.script = script
    assert Phone(url(server), "token").pay("li", {}) is delivered


def test_a_tap_on_what_was_paid_is_refused(server: Server) -> None:
    server.script = [PAID_BEFORE]
    with pytest.raises(Declined, match="ORDER_NOT_OPEN"):
        Phone(url(server), "token").pay("li", {})
