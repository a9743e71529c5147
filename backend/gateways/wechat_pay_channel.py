"""One signed exchange with WeChat Pay: our signature out, theirs proved on the way back, three outcomes and no fourth.

An answer without a good signature proves nothing, whatever its status. WeChat signs every answer to a request whose own
signature it accepts; the 401 for one that it does not accept comes unsigned and is unknown, as anybody could send it.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from backend.gateways.outcomes import BadSignature, WeChatRefused, WeChatUnknown, tame
from backend.gateways.strict_json import WORD, Broken, Fields, read_object
from backend.gateways.wechat_pay_signing import KeyRing, Merchant
from backend.gateways.wire import ANSWER_BYTES, Answer, Wire
from backend.infra.clock import Clock

T = TypeVar("T")


class Channel:
    """The merchant's line to WeChat Pay. `clock` dates our signatures and judges how fresh theirs are."""

    def __init__(self, wire: Wire, merchant: Merchant, ring: KeyRing, clock: Clock) -> None:
        self.base = wire.base
        self._wire = wire
        self._merchant = merchant
        self._ring = ring
        self._clock = clock

    def ask(self, method: str, target: str, payload: dict[str, Any] | None, read: Callable[[Fields], T]) -> T:
        """What `read` makes of the signed answer; WeChatRefused for a signed no, WeChatUnknown for all else."""
        body = b"" if payload is None else json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self.send(method, target, body, ANSWER_BYTES)
        try:
            return read(self._content(answer))
        except Broken as error:
            raise unknown(str(error), answer) from error

    def send(self, method: str, target: str, body: bytes, limit: int) -> Answer:
        """Sign exactly the bytes that go out and send them; the answer is unproved."""
        request = self._wire.request(method, target, body)
        sent = request.url.raw_path.decode("ascii")
        request.headers["Authorization"] = self._merchant.authorization(method, sent, body, self._clock.now())
        request.headers["Wechatpay-Serial"] = self._ring.current
        return self._wire.send(request, limit)

    def _content(self, answer: Answer) -> Fields:
        """An empty answer reads as an empty object. A 202 means "not yet", so it is no success."""
        if answer.status >= 500:
            raise unknown("server error", answer)
        try:
            self._ring.verify(answer.headers, answer.body, self._clock.now())
        except BadSignature as error:
            raise unknown(f"unverifiable answer ({error.reason})", answer) from error
        if answer.status in (200, 204):
            return read_object(answer.body) if answer.body else Fields({})
        if 400 <= answer.status < 500:
            fault = read_object(answer.body)
            raise WeChatRefused(fault.text("code", WORD), tame(fault.raw("message")), answer.request_id)
        raise unknown("unexpected status", answer)


def unknown(reason: str, answer: Answer) -> WeChatUnknown:
    """The unknown outcome with what identifies the answer in a log: status, request id and, if it is one, its code."""
    try:
        code = read_object(answer.body).maybe_text("code", WORD) or ""
    except Broken:
        code = ""
    return WeChatUnknown(reason, status=answer.status, code=code, request_id=answer.request_id)
