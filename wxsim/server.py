"""A small WSGI server: loopback, a thread a connection, kept alive, answers in one piece, connections that can be cut.

Werkzeug's own server closes every connection and lingers on it, which a replay of thousands of calls would feel.
"""

import io
import logging
import socket
import sys
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

_IDLE_SECONDS = 120
_LONGEST_BODY = 1 << 20
log = logging.getLogger("wxsim")


class Server(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1 alone; its threads end with the process."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, app: Flask, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.app = app

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is."""
        if not isinstance(sys.exception(), OSError):
            log.exception("a connection ended by an error")


class Handler(BaseHTTPRequestHandler):
    """One connection: request after request until either side closes it."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Passes the request to the application, whatever its method."""
        body = self._body()
        if body is None:
            return
        environ = self._environ(body)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started.append((status, headers))

        chunks = self.server.app(environ, start)
        try:
            if not environ["wxsim.connection"]["cut"]:
                self._send(*started[-1], b"".join(chunks))
            else:
                self._cut()
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """The wire log notes more than this could."""

    def version_string(self) -> str:
        """What stands in the Server header."""
        return "wxsim"

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._send("411 Length Required", [], b"")
            return None
        if int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._send("413 Content Too Large", [], b"")
            return None
        return self.rfile.read(int(length))

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wxsim.connection": {"cut": False},
        }
        for name, value in self.headers.items():
            if "_" not in name and name.lower() not in ("content-type", "content-length"):
                key = "HTTP_" + name.upper().replace("-", "_")
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}", f"Server: {self.version_string()}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
        if not status.startswith("204"):
            lines.append(f"Content-Length: {len(content)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + content)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
