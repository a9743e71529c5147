"""Who is calling: the Authorization header of a WeChat Pay request, checked over the exact bytes that came."""

import re

from wxsim.fields import Text
from wxsim.pay_errors import PARAM_ERROR, SIGN_ERROR, PayError
from wxsim.signing import SIGNATURE_TYPE, verified
from wxsim.world import World

SKEW_SECONDS = 300
_NONCE_KEPT_SECONDS = 2 * SKEW_SECONDS
_PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
_NAMES = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
_NONCE = Text(32, shape=r"[A-Za-z0-9_-]+")


def authorise(world: World, header: str | None, method: str, target: str, body: bytes, skew: float = 0.0) -> None:
    """Passes only a request that the merchant signed within 5 minutes and that was not seen before.

    `target` is path and query as they stood in the request line; `skew` seconds put our own clock wrong (a fault).
    Raises SIGN_ERROR (401) otherwise. The nonce counts as used only once the signature was right.
    """
    given = _parse(header)
    if given["mchid"] != world.config.mchid:
        raise SIGN_ERROR("商户号不存在或与签名不符")
    if given["serial_no"].upper() != world.config.merchant_serial.upper():
        raise SIGN_ERROR("商户证书序列号有误", detail={"field": "serial_no", "location": "authorization"})
    now = world.clock.now() + skew
    if not re.fullmatch(r"\d{10}", given["timestamp"]) or abs(now - int(given["timestamp"])) > SKEW_SECONDS:
        raise SIGN_ERROR("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    try:
        _NONCE.check(given["nonce_str"], "nonce_str")
    except PayError as error:
        raise SIGN_ERROR("Http头Authorization中的nonce_str格式有误") from error
    parts = (method, target, given["timestamp"], given["nonce_str"], body)
    if not verified(world.config.merchant_public_key, given["signature"], *parts):
        shown = f"{method}\n{target}\n{given['timestamp']}\n{given['nonce_str']}\n<{len(body)} bytes>\n"
        raise SIGN_ERROR(
            detail={
                "detail": {"issue": "sign not match"},
                "field": "signature",
                "location": "authorization",
                "sign_information": {"method": method, "url": target, "truncated_sign_message": shown},
            }
        )
    _use_nonce(world, given["nonce_str"])


def check_headers(accept: str, agent: str, content_type: str, has_body: bool) -> None:
    """The platform wants a User-Agent, Accept with JSON, and JSON as the type of a body."""
    if not agent:
        raise PARAM_ERROR("Http头缺少User-Agent")
    if "application/json" not in accept and "*/*" not in accept:
        raise PARAM_ERROR("Http头Accept应为application/json")
    if has_body and content_type.split(";")[0].strip().lower() != "application/json":
        raise PARAM_ERROR("Http头Content-Type应为application/json")


def _parse(header: str | None) -> dict[str, str]:
    scheme, _, rest = (header or "").partition(" ")
    if scheme != SIGNATURE_TYPE:
        raise SIGN_ERROR("Http头Authorization认证类型不正确")
    pairs = [_PAIR.fullmatch(item.strip()) for item in rest.split(",")]
    found = {pair[1]: pair[2] for pair in pairs if pair}
    if len(pairs) != len(_NAMES) or set(found) != _NAMES:
        raise SIGN_ERROR("Http头Authorization格式错误")
    return found


def _use_nonce(world: World, nonce: str) -> None:
    now = world.clock.now()
    with world.books.writing() as tx:
        tx.execute("DELETE FROM nonces WHERE at < ? OR at > ?", (now - _NONCE_KEPT_SECONDS, now + _NONCE_KEPT_SECONDS))
        if tx.execute("INSERT INTO nonces VALUES (?, ?) ON CONFLICT DO NOTHING", (nonce, now)).rowcount == 0:
            raise SIGN_ERROR("Http头Authorization中的nonce_str已使用过")
