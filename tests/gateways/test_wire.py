"""The way out, against a real socket: time-outs, bounds, no redirects, no cookies, forks, logs (F33, F34, S8, S12)."""

import contextlib
import datetime
import gzip
import logging
import os
import signal
import socket
import ssl
import threading
import time

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from backend.gateways import wire
from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.wire import Wire
from tests.gateways.playing_wechat import key, private_pem

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Listens on loopback and answers each request with what `reply` writes; counts connections and keeps requests."""

    def __init__(self, reply) -> None:
        self.reply, self.requests, self.connections, self.wrap = reply, [], 0, lambda connection: connection
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, self.wrap(connection) as connection:
            while request := connection.recv(65536):
                self.requests.append(request)
                if self.reply(connection) is False:
                    return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve():
    servers = []

    def start(reply) -> Server:
        server = Server(reply if callable(reply) else lambda connection: connection.sendall(reply))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def ask(server: Server, **more):
    way = Wire(server.url)
    return way.send(way.request("GET", "/v3/x?secret=1"), **more)


def test_an_answer_comes_as_it_is(serve):
    server = serve(b"HTTP/1.1 418 No\r\nRequest-ID: 08\xe5-1\r\nContent-Length: 5\r\n\r\n<x>\r\n")
    answer = ask(server)
    assert (answer.status, answer.body) == (418, b"<x>\r\n")
    head = server.requests[0].decode().lower()
    assert head.startswith("get /v3/x?secret=1 http/1.1\r\n")
    assert "accept-encoding: identity\r\n" in head and "user-agent: tuanma" in head and "cookie" not in head


def test_a_silent_server_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(wire, "READ_SECONDS", 0.2)
    start = time.monotonic()
    with pytest.raises(WeChatUnknown) as caught:
        ask(serve(lambda connection: time.sleep(2)))
    assert caught.value.reason == "ReadTimeout" and time.monotonic() - start < 1.5


def test_time_outs_are_the_agreed_ones():
    request = Wire("http://127.0.0.1:1").request("GET", "/")
    assert request.extensions["timeout"] == {"connect": 1.0, "read": 3.0, "write": 3.0, "pool": 1.0}


def test_nobody_listening():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    way = Wire(f"http://127.0.0.1:{port}")
    with pytest.raises(WeChatUnknown) as caught:
        way.send(way.request("GET", "/"))
    assert caught.value.reason == "ConnectError"


def test_a_trickle_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)

    def trickle(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.02)

    with pytest.raises(WeChatUnknown) as caught:
        ask(serve(trickle))
    assert caught.value.reason == "answer too slow"


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_answer_is_cut(serve, chunked):
    def flood(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n" if chunked else b"x" * 65536)

    with pytest.raises(WeChatUnknown) as caught:
        ask(serve(flood))
    assert caught.value.reason == "answer too long"


def test_the_limit_is_exact(serve):
    assert ask(serve(OK), limit=2).body == b"{}"
    with pytest.raises(WeChatUnknown):
        ask(serve(OK), limit=1)


def test_a_gzip_bomb_is_not_unpacked(serve):
    bomb = gzip.compress(b"0" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with pytest.raises(WeChatUnknown) as caught:
        ask(serve(head + bomb))
    assert caught.value.reason == "compressed answer"


@pytest.mark.parametrize(
    "raw",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", b"HTTP/1.1 200 OK\r\nContent-Le", b"",
     b"\x00\x01nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\r\n"],
)  # fmt: skip
def test_a_broken_answer_is_unknown(serve, raw):
    def reply(connection):
        connection.sendall(raw)
        return False

    with pytest.raises(WeChatUnknown) as caught:
        ask(serve(reply))
    assert caught.value.reason in ("RemoteProtocolError", "ReadError")


def test_redirects_are_not_followed_and_cookies_not_kept(serve):
    elsewhere = serve(OK)
    server = serve(
        f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n".encode()
    )
    way = Wire(server.url)
    for _ in range(2):
        assert way.send(way.request("GET", "/")).status == 302
    assert elsewhere.requests == []
    assert b"cookie" not in server.requests[1].lower()


def test_proxies_of_the_environment_are_ignored(serve, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ask(serve(OK)).status == 200


def test_a_connection_is_used_again_but_not_by_a_forked_child(serve):
    server = serve(OK)
    way = Wire(server.url)
    for _ in range(3):
        way.send(way.request("GET", "/"))
    assert server.connections == 1
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        status = 1
        with contextlib.suppress(BaseException):
            status = 0 if way.send(way.request("GET", "/child")).status == 200 else 1
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert server.connections == 2
    way.send(way.request("GET", "/parent"))
    assert server.connections == 2, "the parent's connection did not survive its child"


def test_no_call_while_a_transaction_is_open(serve):
    server = serve(OK)
    way = Wire(server.url, idle=lambda: False)
    with pytest.raises(AssertionError, match="transaction"):
        way.send(way.request("GET", "/"))
    assert server.connections == 0


def test_the_log_shows_neither_query_nor_headers(serve, caplog):
    caplog.set_level(logging.DEBUG)
    way = Wire(serve(OK).url)
    request = way.request("GET", "/v3/x?secret=hidden")
    request.headers["Authorization"] = "hidden"
    way.send(request)
    assert "GET /v3/x: 200" in caplog.text and "hidden" not in caplog.text


@pytest.fixture
def secure_server(serve, tmp_path):
    """A server speaking TLS as "localhost" under a certificate of its own making; and that certificate's file."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key("server").public_key(), 1, now, now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key("server"), SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(private_pem("server"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server = serve(OK)
    server.wrap = lambda connection: context.wrap_socket(connection, server_side=True)
    return server.url.replace("http://127.0.0.1", "https://localhost"), tmp_path / "certificate.pem"


def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(secure_server):
    way = Wire(secure_server[0])
    with pytest.raises(WeChatUnknown) as caught:
        way.send(way.request("GET", "/"))
    assert caught.value.reason == "ConnectError"


def test_a_certificate_must_be_vouched_for_and_name_the_host(secure_server, monkeypatch):
    url, certificate = secure_server
    monkeypatch.setattr(wire, "_trust", lambda: ssl.create_default_context(cafile=certificate))
    way = Wire(url)
    assert way.send(way.request("GET", "/")).status == 200
    other = Wire(url.replace("localhost", "127.0.0.1"))
    with pytest.raises(WeChatUnknown):
        other.send(other.request("GET", "/"))


@pytest.mark.parametrize(
    "base",
    ["http://api.weixin.qq.com", "http://10.0.0.1", "http://127.0.0.1.evil.com", "ftp://127.0.0.1", "api.weixin.qq.com",
     "", "https://user:pass@api.weixin.qq.com", "https://api.weixin.qq.com/?a=1", "file:///etc/passwd"],
)  # fmt: skip
def test_addresses_that_are_not_taken(base):
    with pytest.raises(ValueError):
        Wire(base)


@pytest.mark.parametrize("base", ["https://api.weixin.qq.com/", "http://localhost:1", "http://[::1]:1"])
def test_addresses_that_are_taken(base):
    assert isinstance(Wire(base).request("GET", "/a").url, httpx.URL)
