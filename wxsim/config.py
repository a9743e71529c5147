"""What wxsim is told when it starts: the two parties' keys, names, clock, token and the place of its books."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


class BadConfig(Exception):
    """The configuration cannot be used; the text says what is wrong with it."""


PAGES = tuple(f"pages/{name}/index" for name in ("home", "product", "cart", "orders", "order", "review", "me"))
"""The pages of the released mini-program, unless the configuration names others."""


@dataclass(frozen=True)
class Push:
    """Where messages and events are pushed to: the shop's URL, its token, and the EncodingAESKey of encrypted mode."""

    url: str
    token: str
    aes_key: str | None = None


@dataclass(frozen=True)
class Config:
    """One mini-program and one merchant, as the platforms know them."""

    appid: str
    app_secret: str
    mchid: str
    merchant_serial: str
    merchant_public_key: RSAPublicKey
    api_v3_key: bytes
    platform_private_key: RSAPrivateKey
    platform_public_key_id: str
    control_token: str
    books: Path
    clock_file: Path | None = None
    merchant_name: str = "团码商城"
    fee_basis_points: int = 60
    push: Push | None = None
    templates: tuple[dict, ...] = ()
    pages: tuple[str, ...] = PAGES


def read_config(path: Path) -> Config:
    """Reads the JSON file; raises BadConfig for a missing or unusable value."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return _config(raw, path.parent)
    except OSError as error:
        raise BadConfig(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfig(f"{path}: {type(error).__name__} {error}") from error


def _config(raw: dict, folder: Path) -> Config:
    merchant_key = load_pem_public_key(raw["merchant_public_key"].encode())
    platform_key = load_pem_private_key(raw["platform_private_key"].encode(), None)
    if not isinstance(merchant_key, RSAPublicKey) or not isinstance(platform_key, RSAPrivateKey):
        raise BadConfig("merchant_public_key and platform_private_key must be RSA keys")
    api_v3_key = raw["api_v3_key"].encode()
    if len(api_v3_key) != 32:
        raise BadConfig("api_v3_key must be 32 bytes")
    if not raw["platform_public_key_id"].startswith("PUB_KEY_ID_"):
        raise BadConfig("platform_public_key_id must begin with PUB_KEY_ID_")
    if len(raw["control_token"]) < 16:
        raise BadConfig("control_token must have at least 16 characters")
    clock_file = raw.get("clock_file")
    return Config(
        appid=raw["appid"],
        app_secret=raw["app_secret"],
        mchid=raw["mchid"],
        merchant_serial=raw["merchant_serial"],
        merchant_public_key=merchant_key,
        api_v3_key=api_v3_key,
        platform_private_key=platform_key,
        platform_public_key_id=raw["platform_public_key_id"],
        control_token=raw["control_token"],
        books=folder / raw["books"],
        clock_file=Path(clock_file) if clock_file else None,
        merchant_name=raw.get("merchant_name", "团码商城"),
        fee_basis_points=int(raw.get("fee_basis_points", 60)),
        push=read_push(raw["push"]) if raw.get("push") else None,
        templates=tuple(raw.get("templates", ())),
        pages=tuple(raw.get("pages", PAGES)),
    )


def read_push(raw: dict) -> Push:
    """The message-push settings as the platform takes them; raises BadConfig for others."""
    url, token, aes_key = raw["url"], raw["token"], raw.get("aes_key") or None
    if not re.fullmatch(r"https?://[!-~]{3,500}", url):
        raise BadConfig("push.url must be an http address")
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", token):
        raise BadConfig("push.token must be 3 to 32 letters and digits")
    if aes_key is not None and not re.fullmatch(r"[A-Za-z0-9]{43}", aes_key):
        raise BadConfig("push.aes_key must be 43 letters and digits")
    return Push(url, token, aes_key)
