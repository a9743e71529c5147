"""Gateways: the outside world, each part a protocol and its real client: mini-program, WeChat Pay, files.

Only use cases reach them, through `ctx.gateways`, and never while a transaction is open. Whatever comes in is treated
as hostile: verified, bounded, read strictly. A call is done, definitely refused, or unknown – never guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.gateways.files import Files, FolderFiles
from backend.gateways.refusals import NOT_CONFIGURED
from backend.gateways.wechat_mini import MiniProgram, MiniProgramClient
from backend.gateways.wechat_pay import WeChatPay, WeChatPayClient
from backend.gateways.wechat_pay_signing import KeyRing, Merchant
from backend.gateways.wechat_push import PushReader
from backend.gateways.wechat_token import Cache
from backend.gateways.wire import Wire, always_idle
from backend.infra.clock import Clock
from backend.infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Gateways:
    """Everything outside, for one installation; shared by threads and forked children."""

    mini: MiniProgram
    pay: WeChatPay
    push: PushReader
    files: Files
    private: Files
    """What only some may see: evidence, exports, imports; a folder that no public address leads to."""


def build_gateways(
    settings: Settings, redis: Cache | None = None, *, clock: Clock, idle: Callable[[], bool] = always_idle
) -> Gateways:
    """Gateways as set; no call is made. `idle` is asked before each call whether no transaction is open.

    What has no settings refuses every call (`wechat_not_configured`). ValueError or OSError for unusable keys.
    """
    return Gateways(
        mini=_mini(settings, redis, clock, idle) if settings.wechat_appid else _NotConfigured(),  # type: ignore[arg-type]
        pay=_pay(settings, clock, idle) if settings.pay_mchid else _NotConfigured(),  # type: ignore[arg-type]
        push=PushReader(settings.push_token, settings.push_aes_key, settings.wechat_appid),
        files=FolderFiles(settings.data_dir / "files"),
        private=FolderFiles(settings.data_dir / "private"),
    )


def _mini(settings: Settings, redis: Cache | None, clock: Clock, idle: Callable[[], bool]) -> MiniProgramClient:
    wire = Wire(settings.wechat_url, idle=idle)
    return MiniProgramClient(wire, settings.wechat_appid, settings.wechat_app_secret, clock, redis)


def _pay(settings: Settings, clock: Clock, idle: Callable[[], bool]) -> WeChatPayClient:
    if settings.pay_private_key_file is None:
        raise ValueError("TUANMA_PAY_PRIVATE_KEY_FILE is missing")
    merchant = Merchant.load(settings.pay_mchid, settings.pay_serial, settings.pay_private_key_file)
    ring = KeyRing.load(settings.pay_public_keys)
    wire = Wire(settings.pay_url, idle=idle)
    return WeChatPayClient(wire, settings.wechat_appid, merchant, ring, settings.pay_api_v3_key, clock)


class _NotConfigured:
    """Stands where settings are missing: whatever is called on it is refused."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def refuse(*args: object, **kwargs: object) -> None:
            raise NOT_CONFIGURED()

        return refuse
