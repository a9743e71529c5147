"""WeChat Pay v3 signatures: ours on requests and payment parameters, theirs on answers and notifications.

Source: reference "签名与验签规则" of WeChat Pay API v3. Text to sign = lines, each ended by a line feed, the last too;
RSA with SHA-256 and PKCS#1 v1.5.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from backend.gateways.outcomes import BadSignature

SCHEME = "WECHATPAY2-SHA256-RSA2048"
FRESH_SECONDS = 300
PROBE = "WECHATPAY/SIGNTEST/"
_SIGNED_BY_RSA = {None, SCHEME}
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,1024}")


@dataclass(frozen=True, repr=False)
class Merchant:
    """The merchant's identity and private key."""

    mchid: str
    serial: str
    key: RSAPrivateKey

    @classmethod
    def load(cls, mchid: str, serial: str, key_file: Path) -> "Merchant":
        """Read the PEM file; ValueError or OSError if it holds no RSA key of at least 2048 bits."""
        key = load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
            raise ValueError(f"{key_file} must hold an RSA key of at least 2048 bits")
        return cls(mchid, serial, key)

    def sign(self, *lines: str) -> str:
        """Base64 of the signature over `lines`."""
        text = "".join(f"{line}\n" for line in lines).encode()
        return base64.b64encode(self.key.sign(text, PKCS1v15(), SHA256())).decode()

    def authorization(self, method: str, target: str, body: bytes, now: datetime) -> str:
        """The Authorization header for exactly these bytes; `target` is path and query as they are sent."""
        nonce, timestamp = secrets.token_hex(16), str(int(now.timestamp()))
        signature = self.sign(method, target, timestamp, nonce, body.decode())
        return (
            f'{SCHEME} mchid="{self.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self.serial}"'
        )


@dataclass(frozen=True)
class PlatformKey:
    """One key of WeChat Pay; a certificate's key is good between its dates only."""

    key: RSAPublicKey
    good_from: datetime | None = None
    good_until: datetime | None = None

    def good_at(self, now: datetime) -> bool:
        return (self.good_from is None or self.good_from <= now) and (self.good_until is None or now <= self.good_until)


class KeyRing:
    """The platform keys that may sign, by their serial; the first is the one that we ask WeChat to use."""

    def __init__(self, keys: Mapping[str, PlatformKey]) -> None:
        if not keys:
            raise ValueError("PAY_PUBLIC_KEYS names no key")
        self._keys = dict(keys)
        self.current = next(iter(self._keys))

    @classmethod
    def load(cls, setting: str) -> "KeyRing":
        """Read `PUB_KEY_ID_…=/key.pem[,SERIAL=/certificate.pem]`; ValueError or OSError says what is wrong."""
        keys: dict[str, PlatformKey] = {}
        for part in filter(None, (part.strip() for part in setting.split(","))):
            serial, _, file = part.partition("=")
            if not _PRINTABLE.fullmatch(serial) or not file or serial in keys:
                raise ValueError("PAY_PUBLIC_KEYS must read <serial>=<file>, separated by commas, each serial once")
            keys[serial] = _read_key(serial, Path(file).read_bytes())
        return cls(keys)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if WeChat signed exactly `body` within five minutes of `now`; BadSignature otherwise."""
        given = {name.lower(): value for name, value in headers.items()}
        timestamp, nonce, signature, serial = (
            given.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "signature", "serial")
        )
        if not _TIMESTAMP.fullmatch(timestamp) or not all(map(_PRINTABLE.fullmatch, (nonce, signature, serial))):
            raise BadSignature("missing")
        key = self._keys.get(serial)
        if key is None or not key.good_at(now):
            raise BadSignature("serial")
        text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        if given.get("wechatpay-signature-type") not in _SIGNED_BY_RSA or not _verified(key.key, signature, text):
            raise BadSignature("probe" if signature.startswith(PROBE) else "signature")
        if abs(now.timestamp() - int(timestamp)) > FRESH_SECONDS:
            raise BadSignature("stale")


def _verified(key: RSAPublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _read_key(serial: str, pem: bytes) -> PlatformKey:
    if b"BEGIN CERTIFICATE" not in pem:
        return PlatformKey(_rsa(serial, load_pem_public_key(pem)))
    certificate = x509.load_pem_x509_certificate(pem)
    if f"{certificate.serial_number:X}" != serial.lstrip("0").upper():
        raise ValueError(f"the certificate given for {serial} has another serial number")
    key = _rsa(serial, certificate.public_key())
    return PlatformKey(key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _rsa(serial: str, key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ValueError(f"the key given for {serial} is not an RSA key of at least 2048 bits")
    return key
