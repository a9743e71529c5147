"""HTTP to the shop: over kept-alive connections, never following a redirect, within 5 seconds."""

import http.client
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5.0
_LONGEST_ANSWER = 65536
_KEPT_PER_PLACE = 16


class Transport:
    """Sends from many threads at once; idle connections are kept per scheme, host and port."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}

    def post(self, url: str, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
        """A POST; see `call`."""
        return self.call("POST", url, headers, content)

    def call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"", longest: int = _LONGEST_ANSWER
    ) -> tuple[int, bytes]:
        """Status and the first `longest` bytes (64 KB) of the answer; OSError or HTTPException when there is none.

        A kept connection that the other side has closed meanwhile is replaced once: what we send may come twice anyway.
        """
        parts = urlsplit(url)
        place, target = (parts.scheme, parts.netloc), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        while True:
            connection, kept = self._take(place)
            try:
                connection.request(method, target, content or None, dict(headers))
                answer = connection.getresponse()
                body = answer.read(longest)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if kept and isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)):
                    continue
                raise
            if answer.isclosed() and not answer.will_close:
                self._keep(place, connection)
            else:
                connection.close()
            return answer.status, body

    def _take(self, place: tuple[str, str]) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            idle = self._idle.get(place)
            if idle:
                return idle.pop(), True
        kind = http.client.HTTPSConnection if place[0] == "https" else http.client.HTTPConnection
        return kind(place[1], timeout=TIMEOUT_SECONDS), False

    def _keep(self, place: tuple[str, str], connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < _KEPT_PER_PLACE:
                idle.append(connection)
                return
        connection.close()
