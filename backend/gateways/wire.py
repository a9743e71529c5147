"""The one way out over HTTP: short time-outs, no redirects, no cookies, bounded answers, nothing secret in the log.

It drives httpx's transport instead of its Client, because a Client logs whole URLs (the app secret stands in one),
keeps cookies, reads proxies from the environment and unpacks compressed answers of any size.
"""

import functools
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httpx

from backend.gateways.outcomes import WeChatUnknown, tame
from backend.gateways.per_process import PerProcess
from backend.infra.clock import ticks

CONNECT_SECONDS, READ_SECONDS = 1.0, 3.0
"""Of each connection and of each wait for the next bytes."""
ANSWER_SECONDS = 8.0
"""Of one answer altogether, so that a trickle cannot hold a thread."""
ANSWER_BYTES = 256 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")

_LOG = logging.getLogger("tuanma.wechat")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came, whole and at most as long as allowed; nothing in it has been checked."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def request_id(self) -> str:
        return tame(self.headers.get("Request-ID"), 64)


def always_idle() -> bool:
    """Stands in for the question whether no transaction is open."""
    return True


@functools.cache
def _trust() -> ssl.SSLContext:
    """The usual authorities, read once: reading them costs more than a call. Not for changing."""
    return httpx.create_ssl_context()


class Wire:
    """One platform's host. Threads may share it; each process gets connections of its own, also after a fork."""

    def __init__(
        self,
        base_url: str,
        *,
        idle: Callable[[], bool] = always_idle,
        make_transport: Callable[[], httpx.BaseTransport] | None = None,
    ) -> None:
        """`idle` says before every call that no database transaction is open; otherwise it is an AssertionError.

        ValueError unless `base_url` is https (http on loopback only), without query or credentials.
        """
        self.base = httpx.URL(base_url.rstrip("/"))
        secure = self.base.scheme == "https"
        if not (secure or (self.base.scheme == "http" and self.base.host in LOOPBACK)):
            raise ValueError("a platform's address must be https, or http on loopback")
        if self.base.query or self.base.fragment or self.base.userinfo:
            raise ValueError("a platform's address must not have a query or credentials")
        self._idle = idle
        self._tls = _trust() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._transport = PerProcess(make_transport or self._new_transport)

    def request(self, method: str, target: str, body: bytes = b"") -> httpx.Request:
        """A request for `target` (path and query, already escaped) under the base address; not sent yet."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "tuanma/1 (httpx)"}
        if body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        timeout = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}
        url = httpx.URL(f"{self.base}{target}")
        return httpx.Request(method, url, headers=headers, content=body, extensions={"timeout": timeout})

    def send(self, request: httpx.Request, limit: int = ANSWER_BYTES) -> Answer:
        """Send once, never again by itself; WeChatUnknown if no whole answer of at most `limit` bytes came in time."""
        if not self._idle():
            raise AssertionError("a call to the outside world while a transaction is open")
        start = ticks()
        name = f"{request.method} {request.url.path}"
        try:
            answer = self._exchange(request, limit, start + ANSWER_SECONDS)
        except WeChatUnknown as error:
            _LOG.warning("%s: %s after %.0f ms", name, error, (ticks() - start) * 1000)
            raise
        _LOG.debug("%s: %s in %.0f ms %s", name, answer.status, (ticks() - start) * 1000, answer.request_id)
        return answer

    def _exchange(self, request: httpx.Request, limit: int, deadline: float) -> Answer:
        body = bytearray()
        try:
            response = self._transport.get().handle_request(request)
            try:
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise WeChatUnknown("compressed answer", status=response.status_code)
                for chunk in cast(httpx.SyncByteStream, response.stream):
                    body += chunk
                    if len(body) > limit:
                        raise WeChatUnknown("answer too long", status=response.status_code)
                    if ticks() > deadline:
                        raise WeChatUnknown("answer too slow", status=response.status_code)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise WeChatUnknown(type(error).__name__) from error
        return Answer(response.status_code, response.headers, bytes(body))

    def _new_transport(self) -> httpx.BaseTransport:
        return httpx.HTTPTransport(verify=self._tls, limits=httpx.Limits(max_connections=64, keepalive_expiry=15))
