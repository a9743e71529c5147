"""The platform's keys: the WeChat Pay public key of the configuration, and certificates of our own making."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from wxsim.books import Books
from wxsim.clock import Clock
from wxsim.config import Config

_DAY = 86400.0


@dataclass(frozen=True)
class Signer:
    """A private key and the serial under which its signatures go out."""

    serial: str
    key: RSAPrivateKey


@dataclass(frozen=True)
class Certificate:
    """One platform certificate with its validity in seconds on the shared clock."""

    serial: str
    pem: str
    valid_from: float
    valid_until: float


class Keys:
    """Chooses the key that signs. The first certificate is made when it is first needed."""

    def __init__(self, config: Config, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock
        self._lock = threading.Lock()
        self._certified: dict[str, Signer] = {}
        self.public = Signer(config.platform_public_key_id, config.platform_private_key)

    @cached_property
    def stranger(self) -> Signer:
        """A key that nobody has ever heard of."""
        return Signer("PUB_KEY_ID_0000000000000000000000000000", generate_private_key(65537, 2048))

    def certified(self) -> Signer:
        """The newest certificate's key."""
        with self._lock:
            row = self._books.row("SELECT serial, private_key FROM certificates ORDER BY made_at DESC, rowid DESC")
            if row is None:
                return self._make(-365.0, 1826.0)
            return self._signer(row["serial"], row["private_key"])

    def renew(self, valid_from_days: float, valid_days: float) -> Signer:
        """A further certificate, which signs from now on; the older ones stay listed until they expire."""
        with self._lock:
            return self._make(valid_from_days, valid_days)

    def certificates(self) -> list[Certificate]:
        """Those still valid, newest first; made now if there never was one."""
        self.certified()
        rows = self._books.rows(
            "SELECT * FROM certificates WHERE valid_until > ? ORDER BY made_at DESC, rowid DESC", (self._clock.now(),)
        )
        return [Certificate(row["serial"], row["certificate"], row["valid_from"], row["valid_until"]) for row in rows]

    def for_answer(self, asked: str | None) -> Signer | None:
        """The key that the caller asked for by Wechatpay-Serial; None when we do not have that one."""
        if asked is None or asked == self.public.serial:
            return self.public
        row = self._books.row("SELECT serial, private_key FROM certificates WHERE serial = ?", (asked.upper(),))
        if row is None:
            return None
        with self._lock:
            return self._signer(row["serial"], row["private_key"])

    def public_pems(self) -> dict[str, str]:
        """Public keys by serial, of everything that may sign."""
        newest = self.certified()
        return {signer.serial: _public_pem(signer.key) for signer in (self.public, newest)}

    def _signer(self, serial: str, pem: str) -> Signer:
        if serial not in self._certified:
            key = load_pem_private_key(pem.encode(), None)
            assert isinstance(key, RSAPrivateKey)
            self._certified[serial] = Signer(serial, key)
        return self._certified[serial]

    def _make(self, valid_from_days: float, valid_days: float) -> Signer:
        now = self._clock.now()
        start, end = now + valid_from_days * _DAY, now + (valid_from_days + valid_days) * _DAY
        key = generate_private_key(65537, 2048)
        number = x509.random_serial_number()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com stand-in")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number)
            .not_valid_before(datetime.fromtimestamp(start, UTC))
            .not_valid_after(datetime.fromtimestamp(end, UTC))
            .sign(key, SHA256())
        )
        serial = f"{number:040X}"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = certificate.public_bytes(Encoding.PEM).decode()
        with self._books.writing() as tx:
            tx.execute("INSERT INTO certificates VALUES (?, ?, ?, ?, ?, ?)", (serial, private, public, now, start, end))
        self._certified[serial] = Signer(serial, key)
        return self._certified[serial]


def _public_pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
