"""The HTTP server under the stand-in: kept-alive, exact about bodies, cut where told, undisturbed by nonsense."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.wxsim_server import Wxsim


def connect(wx: Wxsim) -> socket.socket:
    parts = urlsplit(wx.url)
    assert parts.hostname and parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def ask(wx: Wxsim, raw: bytes) -> bytes:
    """Everything that comes back until the other side closes or says nothing for a moment."""
    with connect(wx) as line:
        line.sendall(raw)
        line.settimeout(0.3)
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except TimeoutError:
            pass
        return found


def test_two_requests_on_one_connection_in_one_write(wx: Wxsim) -> None:
    one = b"GET /control/status HTTP/1.1\r\nHost: x\r\n\r\n"
    assert ask(wx, one + one).count(b"HTTP/1.1 401 ") == 2


def test_a_body_is_read_to_its_end_even_when_refused(wx: Wxsim) -> None:
    post = b"POST /control/pay HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
    get = b"GET /control/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = ask(wx, post + get)
    assert found.count(b"HTTP/1.1 401 ") == 2 and b"Connection: close" in found


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"POST /control/pay HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /control/pay HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /control/pay HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", b"413"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"BREW /coffee HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_nonsense_gets_a_status_and_the_server_lives(wx: Wxsim, raw: bytes, status: bytes) -> None:
    assert status in ask(wx, raw).split(b"\r\n")[0]
    assert wx.status()["to_deliver"] == 0


def test_head_has_no_body_and_cut_requests_hurt_nobody(wx: Wxsim) -> None:
    head, _, body = ask(wx, b"HEAD /phone HTTP/1.1\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")
    assert b"403" in head and body == b""
    with connect(wx) as line:
        line.sendall(b"POST /control/pay HTTP/1.1\r\nContent-Length: 500\r\n\r\nhalf")
    assert wx.status()["to_deliver"] == 0
