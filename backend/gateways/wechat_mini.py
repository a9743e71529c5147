"""The mini-program's server side at WeChat: log-in, phone numbers, content checks, subscribe messages, code pictures.

Log-in and phone number change nothing at WeChat that matters to us, so an unknown outcome is simply "busy, try again". All
else ends well, as a definite no (WeChatRefused: nothing was done, its properties tell whether to try later) or unknown
(WeChatUnknown). The session_key stays in WeChat's answer: it is neither read nor kept.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from backend.gateways import wechat_shipping
from backend.gateways.outcomes import NO_TOKEN, WeChatRefused, WeChatUnknown, tame
from backend.gateways.refusals import (
    LOGIN_BLOCKED,
    LOGIN_CODE_REFUSED,
    PHONE_CODE_REFUSED,
    WECHAT_BUSY,
    WECHAT_TOO_MANY,
)
from backend.gateways.strict_json import WORD, Broken, Fields, read_object
from backend.gateways.wechat_token import Cache, TokenSource
from backend.gateways.wire import ANSWER_BYTES, Answer, Wire
from backend.infra.clock import Clock
from backend.kernel.errors import Refusal, Refused

CODE = re.compile(r"[\x21-\x7e]{1,256}")
"""Codes are WeChat's to judge; what can never be one is refused without asking."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,2048}")
_COUNTRY, _CHINESE, _FOREIGN = re.compile(r"[0-9]{1,4}"), re.compile(r"1[0-9]{10}"), re.compile(r"[0-9]{4,15}")

PROFILE, COMMENT = 1, 2
"""Scenes of a content check."""
PICTURE_BYTES = 2 * 1024 * 1024
PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
TRACE = re.compile(r"[0-9A-Za-z_-]{1,64}")

BUSY, TOO_FREQUENT, DAILY_QUOTA = -1, 45011, 45009
BAD_TOKEN = (40001, 40014, 42001)
LOGIN_NOES: dict[int, Refusal] = {40029: LOGIN_CODE_REFUSED, 40163: LOGIN_CODE_REFUSED, 40226: LOGIN_BLOCKED}
PHONE_NOES: dict[int, Refusal] = dict.fromkeys((40029, 40163, 40003), PHONE_CODE_REFUSED)


@dataclass(frozen=True, slots=True)
class WxSession:
    """Who logged in: stable per appid; `unionid` is None unless the app is bound to an open-platform account."""

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What WeChat says of a text: `suggest` ∈ pass, review, risky (or a word that is new), and its label."""

    suggest: str
    label: int


class MiniProgram(Protocol):
    """What the use cases know of the mini-program's server side."""

    def session(self, code: str) -> WxSession: ...
    def phone(self, code: str, openid: str) -> str: ...
    def upload_shipping(self, shipping: wechat_shipping.Shipping) -> None: ...
    def shipping_of(self, transaction_id: str) -> wechat_shipping.Shipped: ...
    def check_text(self, openid: str, text: str, scene: int) -> Verdict: ...
    def check_picture(self, openid: str, url: str, scene: int) -> str: ...
    def send_message(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> None: ...
    def program_code(self, page: str, scene: str, width: int = 430) -> bytes: ...


class MiniProgramClient:
    """The real thing. Expected noes are Refused (see refusals.py); WeChatRefused means our settings are wrong."""

    def __init__(self, wire: Wire, appid: str, secret: str, clock: Clock, cache: Cache | None = None) -> None:
        self._wire = wire
        self._appid = appid
        self._secret = secret
        self._tokens = TokenSource(appid, self._fetch_token, clock, cache)

    def __repr__(self) -> str:
        return f"MiniProgramClient({self._appid})"

    def session(self, code: str) -> WxSession:
        """Exchange the code of wx.login; it works once, so the second call is refused (`login_code_refused`)."""
        if not CODE.fullmatch(code):
            raise LOGIN_CODE_REFUSED()
        query = {"appid": self._appid, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"}
        try:
            answer = self._call("GET", f"/sns/jscode2session?{urlencode(query)}")
            _no(answer, LOGIN_NOES)
            return WxSession(openid=answer.text("openid"), unionid=answer.maybe_text("unionid"))
        except (WeChatUnknown, Broken) as error:
            raise WECHAT_BUSY() from error

    def phone(self, code: str, openid: str) -> str:
        """The number behind a getPhoneNumber code of this user: 11 digits, or +<country><number> from abroad.

        The code works once (`phone_code_refused` afterwards); a number made for another appid is not taken.
        """
        if not CODE.fullmatch(code):
            raise PHONE_CODE_REFUSED()
        try:
            answer = self._with_token("/wxa/business/getuserphonenumber", {"code": code, "openid": openid})
            _no(answer, PHONE_NOES)
            info = answer.part("phone_info")
            if info.part("watermark").text("appid") != self._appid:
                raise PHONE_CODE_REFUSED()
            if (country := info.text("countryCode", _COUNTRY)) == "86":
                return info.text("purePhoneNumber", _CHINESE)
            return f"+{country}{info.text('purePhoneNumber', _FOREIGN)}"
        except (WeChatUnknown, Broken) as error:
            raise WECHAT_BUSY() from error

    def upload_shipping(self, shipping: wechat_shipping.Shipping) -> None:
        """Tell WeChat what left. ShippingRefused for a definite no; WeChatUnknown when nobody can say: ask `shipping_of`."""
        try:
            wechat_shipping.check(self._with_token(wechat_shipping.UPLOAD, shipping.as_json()))
        except Broken as error:
            raise WeChatUnknown("the answer cannot be read") from error

    def shipping_of(self, transaction_id: str) -> wechat_shipping.Shipped:
        """What WeChat knows of a payment's goods; raises like `upload_shipping`."""
        try:
            return wechat_shipping.read_order(self._with_token(wechat_shipping.GET_ORDER, {"transaction_id": transaction_id}))
        except Broken as error:
            raise WeChatUnknown("the answer cannot be read") from error

    def check_text(self, openid: str, text: str, scene: int) -> Verdict:
        """WeChat's opinion of a text (1 to 2500 characters) of this user; `scene` ∈ PROFILE, COMMENT.

        Asking again is harmless. Refused with 61010 when the user has not used the mini-program for two hours.
        """
        payload = {"version": 2, "openid": openid, "scene": scene, "content": text}
        answer = self._said("/wxa/msg_sec_check", payload)
        try:
            result = answer.part("result")
            return Verdict(result.text("suggest", WORD), result.whole("label"))
        except Broken as error:
            raise WeChatUnknown(str(error)) from error

    def check_picture(self, openid: str, url: str, scene: int) -> str:
        """Have WeChat look at the picture behind `url`; returns the trace_id under which its verdict is pushed later."""
        payload = {"version": 2, "openid": openid, "scene": scene, "media_type": 2, "media_url": url}
        answer = self._said("/wxa/media_check_async", payload)
        try:
            return answer.text("trace_id", TRACE)
        except Broken as error:
            raise WeChatUnknown(str(error)) from error

    def send_message(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> None:
        """Send a subscribe message; it takes one consent of the receiver (refused with 43101 when there is none).

        After WeChatUnknown it may have arrived: sending again could spend another consent and tell twice.
        """
        data = {name: {"value": value} for name, value in fields.items()}
        self._said("/cgi-bin/message/subscribe/send",
                   {"touser": openid, "template_id": template_id, "page": page, "data": data, "lang": "zh_CN"})

    def program_code(self, page: str, scene: str, width: int = 430) -> bytes:
        """The picture (JPEG or PNG) of a mini-program code that opens `page` with `scene`; asking again is harmless."""
        payload = {"scene": scene, "page": page, "width": width, "check_path": True, "env_version": "release"}
        answer = self._once_more("/wxa/getwxacodeunlimit", payload, PICTURE_BYTES)
        if answer.headers.get("Content-Type", "").split(";")[0].strip() in ("image/jpeg", "image/png"):
            if answer.body.startswith(PICTURE_STARTS):
                return answer.body
            raise WeChatUnknown("a picture that is none")
        _done(_object(answer))
        raise WeChatUnknown("no picture and no error")

    def _said(self, path: str, payload: dict[str, Any]) -> Fields:
        """The answer to a call that went well; WeChatRefused for a definite no, else WeChatUnknown."""
        answer = _object(self._once_more(path, payload))
        _done(answer)
        return answer

    def _once_more(self, path: str, payload: dict[str, Any], limit: int = ANSWER_BYTES) -> Answer:
        """POST with the access token, and once more when WeChat has dropped it; WeChatRefused(no_token) without one."""
        token = self._token(None)
        for last in (False, True):
            answer = self._exchange("POST", f"{path}?{urlencode({'access_token': token})}", payload, limit)
            if answer.body[:1] != b"{" or _object(answer).raw("errcode") not in BAD_TOKEN:
                return answer
            if not last:
                token = self._token(token)
        raise WeChatRefused(NO_TOKEN, "a fresh access token was rejected")

    def _token(self, bad: str | None) -> str:
        try:
            return self._tokens.get() if bad is None else self._tokens.replace(bad)
        except (WeChatUnknown, Broken, Refused) as error:
            raise WeChatRefused(NO_TOKEN, "WeChat gives no access token now") from error

    def _with_token(self, path: str, payload: dict[str, Any]) -> Fields:
        """POST with the access token; once more with another one if WeChat has dropped the first."""
        token = self._tokens.get()
        answer = self._call("POST", f"{path}?{urlencode({'access_token': token})}", payload)
        if _errcode(answer) in BAD_TOKEN:
            token = self._tokens.replace(token)
            answer = self._call("POST", f"{path}?{urlencode({'access_token': token})}", payload)
            if _errcode(answer) in BAD_TOKEN:
                raise WeChatUnknown("a fresh access token was rejected")
        return answer

    def _fetch_token(self, force: bool) -> tuple[str, int]:
        payload = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret,
                   "force_refresh": force}  # fmt: skip
        answer = self._call("POST", "/cgi-bin/stable_token", payload)
        _no(answer, {})
        seconds = answer.whole("expires_in")
        if not 0 < seconds <= 7200:
            raise Broken("expires_in is out of range")
        return answer.text("access_token", _TOKEN), seconds

    def _call(self, method: str, target: str, payload: dict[str, Any] | None = None) -> Fields:
        return read_object(self._exchange(method, target, payload).body)

    def _exchange(
        self, method: str, target: str, payload: dict[str, Any] | None, limit: int = ANSWER_BYTES
    ) -> Answer:
        body = b"" if payload is None else json.dumps(payload, ensure_ascii=False).encode()
        answer = self._wire.send(self._wire.request(method, target, body), limit)
        if answer.status != 200:
            raise WeChatUnknown("unexpected status", status=answer.status, request_id=answer.request_id)
        return answer


def _object(answer: Answer) -> Fields:
    """The JSON object of an answer; WeChatUnknown for anything else."""
    try:
        return read_object(answer.body)
    except Broken as error:
        raise WeChatUnknown(str(error), request_id=answer.request_id) from error


def _done(answer: Fields) -> None:
    """Return on success; WeChatUnknown when WeChat was busy or says nothing readable, WeChatRefused for every other code."""
    try:
        errcode = _errcode(answer)
    except Broken as error:
        raise WeChatUnknown(str(error)) from error
    if errcode == BUSY:
        raise WeChatUnknown(f"errcode {errcode}")
    if errcode != 0:
        raise WeChatRefused(str(errcode), tame(answer.raw("errmsg")))


def _errcode(answer: Fields) -> int:
    """0 on success, where WeChat may also leave it out."""
    return 0 if answer.raw("errcode") is None else answer.whole("errcode")


def _no(answer: Fields, expected: dict[int, Refusal]) -> None:
    """Raise what an errcode means; return on success."""
    errcode = _errcode(answer)
    if errcode == 0:
        return
    if errcode in expected:
        raise expected[errcode]()
    if errcode == TOO_FREQUENT:
        raise WECHAT_TOO_MANY()
    if errcode in (BUSY, DAILY_QUOTA):
        raise WeChatUnknown(f"errcode {errcode}")
    raise WeChatRefused(str(errcode), tame(answer.raw("errmsg")))
