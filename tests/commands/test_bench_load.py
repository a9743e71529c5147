"""The load generator of `bench`: it asks what it was told, waits for every answer and counts them right."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.commands._bench_load import Job, answer_of, drive, request, spread_ms

Answer = tuple[int, str]


@contextmanager
def server(answers: Callable[[str, int], Answer], close_each: bool = False) -> Iterator[tuple[int, Counter[str]]]:
    """A small server; `answers(path, how often it was asked before)`. Yields its port and what it was asked."""
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                before, asked[self.path] = asked[self.path], asked[self.path] + 1
            status, body = answers(self.path, before)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if close_each:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        try:
            yield httpd.server_address[1], asked
        finally:
            httpd.shutdown()


def test_each_request_is_asked_once_and_answers_are_told_apart() -> None:
    def answers(path: str, _: int) -> Answer:
        number = int(path[1:])
        return (201, "{}") if number < 7 else (409, '{"code": "out_of_stock"}') if number < 30 else (422, "no code here")

    with server(answers) as (port, asked):
        told = drive(Job(port, [request("POST", f"/{number}", {"X": "y"}, {"n": number}) for number in range(40)], 3))
    assert (told.done, told.answers) == (40, {"201": 7, "409 out_of_stock": 23, "422": 10})
    assert set(asked.values()) == {1} and len(asked) == 40
    assert told.first["201"] <= told.last["201"] <= told.last["409 out_of_stock"] <= told.seconds
    assert 0 < told.latency_ms[0] <= told.latency_ms[1] <= told.latency_ms[3] and told.repeated == told.reconnected == 0


def test_what_is_busy_is_asked_again_and_given_up_in_the_end() -> None:
    with server(lambda path, before: (201, "{}") if path == "/a" and before == 2 else (503, '{"code": "busy"}')) as (port, asked):
        told = drive(Job(port, [request("GET", "/a"), request("GET", "/b")], 2, tries=4))
    assert told.answers == {"201": 1, "503 busy": 1}
    assert asked == {"/a": 3, "/b": 4} and told.repeated == 5


def test_in_turns_until_the_time_is_over() -> None:
    with server(lambda *_: (200, "hello")) as (port, asked):
        told = drive(Job(port, [request("GET", "/a"), request("GET", "/b")], 2, seconds=0.2, again=True))
    assert told.answers == {"200": asked["/a"] + asked["/b"]} and told.done >= 4
    assert abs(asked["/a"] - asked["/b"]) <= 1


def test_a_round_ends_when_there_is_nothing_more_to_ask() -> None:
    with server(lambda *_: (200, "hello")) as (port, _):
        assert drive(Job(port, [request("GET", "/a")] * 5, 8, seconds=30)).done == 5


def test_connections_that_are_not_kept_are_made_anew() -> None:
    with server(lambda *_: (200, "hello"), close_each=True) as (port, _):
        told = drive(Job(port, [request("GET", "/a")] * 6, 2))
    assert (told.done, told.reconnected) == (6, 6)


HEAD = b"HTTP/1.1 409 CONFLICT\r\nServer: x\r\ncontent-Length: 24\r\n"


@pytest.mark.parametrize(("got", "said"), [
    (b"", None), (HEAD, None), (HEAD + b"\r\n", None), (HEAD + b'\r\n{"code": "out_of_stock"', None),
    (HEAD + b'\r\n{"code": "out_of_stock"}', ("409 out_of_stock", True)),
    (HEAD + b"Connection: close\r\n\r\n" + b"x" * 24, ("409", False)),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ("200", True)),
])
def test_answers_are_whole_before_they_count(got: bytes, said: tuple[str, bool] | None) -> None:
    assert answer_of(got) == said


def test_an_answer_of_unknown_length_is_no_answer() -> None:
    with pytest.raises(ValueError, match="without length"):
        answer_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_the_spread_of_answers() -> None:
    assert spread_ms([]) == (0.0, 0.0, 0.0, 0.0)
    assert spread_ms([n / 1000 for n in range(1, 101)]) == (1.0, 51.0, 100.0, 100.0)


def test_a_request_says_how_long_its_body_is() -> None:
    assert request("GET", "/a") == "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    said = request("POST", "/a", {"K": "v"}, {"title": "苹果"})
    head, _, body = said.partition("\r\n\r\n")
    assert f"Content-Length: {len(body.encode())}" in head and body == '{"title":"\\u82f9\\u679c"}'
