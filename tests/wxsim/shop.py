"""A shop that only listens: takes notifications, remembers them and answers what it is told to."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Taken:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Shop:
    """Listens on loopback; `answer` gives the status for each notification, `files` what can be fetched."""

    taken: list[Taken] = field(default_factory=list)
    answer: Callable[[Taken], int] = lambda taken: 200
    files: dict[str, bytes] = field(default_factory=dict)
    echo: bool = True

    def __post_init__(self) -> None:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken = Taken(self.path, dict(self.headers.items()), body)
                shop.taken.append(taken)
                status = shop.answer(taken)
                content = b"" if status in (200, 204) else b'{"code":"FAIL","message":"no"}'
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                echo = dict(parse_qsl(asked.query)).get("echostr") if shop.echo else None
                content = echo.encode() if echo else shop.files.get(asked.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where notifications are to go."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/callbacks/wechat-pay/payments"

    def wait_for(self, number: int, seconds: float = 5.0) -> list[Taken]:
        """Waits until so many have come."""
        give_up_at = time.monotonic() + seconds
        while len(self.taken) < number:
            assert time.monotonic() < give_up_at, f"{len(self.taken)} of {number} notifications came"
            time.sleep(0.005)
        return self.taken

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
