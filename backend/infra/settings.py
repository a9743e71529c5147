"""Settings from the environment, checked at start; production refuses what is missing, short or an example."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.infra.shop_rules import ShopRules

TEMPLATE = (r"^([A-Za-z0-9_-]{10,64}( [a-z_]{1,24}[0-9]{1,2}="
            r"(number|goods|amount|time|courier|tracking|point|status|note)){1,5})?$")
"""A subscribe message as chosen at WeChat: its template id, and what each of its fields is told."""
EXAMPLES = ("example", "changeme", "change-me", "secret", "test", "demo", "xxxx", "0000", "1234")


class Settings(BaseSettings, ShopRules):
    """All settings. Environment names: TUANMA_ + the field's name, save DATABASE_URL, DATABASE_READ_URL and REDIS_URL.

    The fields of ShopRules are only defaults here: what counts is `ctx.shop`, which a merchant may change.
    """

    model_config = SettingsConfigDict(
        env_prefix="TUANMA_", extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)

    env: Literal["development", "test", "production"] = "development"
    data_dir: Path = Path("var")
    ready_file: Path | None = None
    clock: str = "system"
    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    database_read_url: str = Field("", validation_alias=AliasChoices("DATABASE_READ_URL", "database_read_url"))
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL", "redis_url"))

    secret_key: str = ""
    field_keys: str = ""
    index_key: str = ""

    wechat_appid: str = ""
    wechat_app_secret: str = ""
    wechat_url: str = "https://api.weixin.qq.com"
    push_token: str = ""
    push_aes_key: str = ""
    template_shipped: str = Field("", pattern=TEMPLATE)
    template_ready: str = Field("", pattern=TEMPLATE)
    template_refunded: str = Field("", pattern=TEMPLATE)
    pay_url: str = "https://api.mch.weixin.qq.com"
    pay_mchid: str = ""
    pay_serial: str = ""
    pay_private_key_file: Path | None = None
    pay_api_v3_key: str = ""
    pay_public_keys: str = ""
    public_url: str = ""

    session_days: int = Field(30, ge=1, le=365)
    requests_per_minute: int = Field(600, ge=10, le=1_000_000)
    failed_logins_per_minute: int = Field(30, ge=1, le=100_000)
    metrics_token: str = Field("", pattern=r"^(|[\x21-\x7e]{24,200})$")
    log_level: str = "INFO"
    trusted_proxies: int = Field(0, ge=0, le=5)
    statements_file: Path | None = None
    web_threads: int = Field(4, ge=1, le=64)
    catalogue_seconds: float = Field(1.0, ge=0, le=10)

    @property
    def production(self) -> bool:
        return self.env == "production"

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL: DATABASE_URL with psycopg 3, or the SQLite file in the data folder."""
        return _with_driver(self.database_url or f"sqlite:///{(self.data_dir / 'tuanma.db').absolute()}")

    @cached_property
    def replica(self) -> str:
        """The SQLAlchemy URL of the read replica; empty: there is none."""
        return _with_driver(self.database_read_url)

    @property
    def message_templates(self) -> dict[str, str]:
        """Our subscribe messages by name, as they are set; empty: none chosen."""
        return {"shipped": self.template_shipped, "ready": self.template_ready, "refunded": self.template_refunded}

    @property
    def payments_notify_url(self) -> str:
        return f"{self.public_url.rstrip('/')}/callbacks/wechat-pay/payments"

    @property
    def refunds_notify_url(self) -> str:
        return f"{self.public_url.rstrip('/')}/callbacks/wechat-pay/refunds"

    @model_validator(mode="after")
    def _replica_of_postgresql(self) -> Self:
        if self.replica and not (self.replica.startswith("postgresql") and self.database.startswith("postgresql")):
            raise ValueError("DATABASE_READ_URL names a streaming replica of the PostgreSQL in DATABASE_URL; both must be postgresql://")
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.production and (faults := production_faults(self)):
            raise ValueError("; ".join(faults))
        return self


def _with_driver(url: str) -> str:
    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url.removeprefix(old)
    return url


SECRETS = {"secret_key": 32, "field_keys": 40, "index_key": 40, "wechat_app_secret": 16, "pay_api_v3_key": 32,
           "push_token": 16, "push_aes_key": 43}
NEEDED = ("wechat_appid", "pay_mchid", "pay_serial", "pay_private_key_file", "pay_public_keys", "public_url",
          "database_url", "redis_url")


def production_faults(settings: Settings) -> list[str]:
    """What keeps these settings from production, one sentence each; empty when fit."""
    faults = []
    for name, length in SECRETS.items():
        value = getattr(settings, name)
        label = f"TUANMA_{name.upper()}"
        if not value:
            faults.append(f"{label} is missing")
        elif len(value) < length or len(set(value)) < 8:
            faults.append(f"{label} is too short or too simple")
        elif any(example in value.lower() for example in EXAMPLES[:3]) or value.lower().startswith(EXAMPLES[3:]):
            faults.append(f"{label} is an example value")
    for name in NEEDED:
        if not getattr(settings, name):
            label = name.upper() if name in ("database_url", "redis_url") else f"TUANMA_{name.upper()}"
            faults.append(f"{label} is missing")
    if settings.clock != "system":
        faults.append("TUANMA_CLOCK must be system in production")
    if settings.statements_file is not None:
        faults.append("TUANMA_STATEMENTS_FILE is for measuring: its file would hold what people typed")
    if settings.public_url and not settings.public_url.startswith("https://"):
        faults.append("TUANMA_PUBLIC_URL must be https in production")
    return faults


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment; `overrides` win. A ValueError's text lists every fault."""
    return Settings(**overrides)  # type: ignore[arg-type]
