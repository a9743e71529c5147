"""Encrypts personal fields so that a stolen database says nothing, indexes them blindly, and masks them for lists.

A stored value reads `k1.<base64url(nonce + ciphertext + tag)>`: AES-256-GCM under the key named in front, bound to its
column by the associated data, so a value copied into another column does not open. Keys rotate by putting a new one
first: the first key writes, all of them read.
"""

import base64
import binascii
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[a-z][a-z0-9]{0,15}")


class Undecryptable(Exception):
    """A stored value is damaged, stands in the wrong column, or its key is gone from FIELD_KEYS; names no content."""


class FieldCipher:
    """The installation's keys for personal data; stateless, so threads and forked children may share one."""

    def __init__(self, field_keys: str, index_key: str) -> None:
        """Take the settings as written: `k1:<base64 of 32 bytes>[,k0:…]` and base64 of 32 bytes; else ValueError."""
        raw = parse_keys(field_keys)
        self._index_key = _key_bytes(index_key, "INDEX_KEY")
        if any(hmac.compare_digest(self._index_key, key) for key in raw.values()):
            raise ValueError("INDEX_KEY must differ from every key in FIELD_KEYS")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in raw.items()}
        self._current = next(iter(raw))

    def __repr__(self) -> str:
        return f"FieldCipher(keys={','.join(self._ciphers)})"

    def encrypt(self, plain: str, column: str) -> str:
        """Encrypt for `column` ("addresses.phone") under the first key. Equal texts give different values each time."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain.encode(), column.encode())
        return f"{self._current}.{_b64(nonce + sealed)}"

    def decrypt(self, stored: str, column: str) -> str:
        """The text that was encrypted for `column`, under whichever known key. Undecryptable if it is not intact."""
        key_id, dot, body = stored.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None or not dot:
            raise Undecryptable(f"no key for a value of {column}")
        blob = _unb64(body)
        if blob is None:
            raise Undecryptable(f"a value of {column} is not base64url")
        try:
            return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], column.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Undecryptable(f"a value of {column} does not open") from error

    def needs_rotation(self, stored: str) -> bool:
        """Whether `stored` was not written by the current key, so that reading and writing it again would renew it."""
        return stored.partition(".")[0] != self._current

    def blind_index(self, value: str, purpose: str) -> str:
        """64 hex digits to search an encrypted value by; the caller normalises `value` first ("13800138000").

        HMAC-SHA256 under a key of its own for each purpose ("members.phone"), so equal values in two purposes differ.
        """
        purpose_key = hmac.digest(self._index_key, b"blind-index\0" + purpose.encode(), "sha256")
        return hmac.digest(purpose_key, value.encode(), "sha256").hex()


def parse_keys(text: str) -> dict[str, bytes]:
    """Read `k1:<base64>,k0:<base64>` in order; ValueError names the fault and never the key."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        if not KEY_ID.fullmatch(key_id):
            raise ValueError("FIELD_KEYS must read <id>:<base64 of 32 bytes>, separated by commas")
        if key_id in keys:
            raise ValueError(f"FIELD_KEYS names {key_id} twice")
        key = _key_bytes(encoded, f"FIELD_KEYS {key_id}")
        if any(hmac.compare_digest(key, other) for other in keys.values()):
            raise ValueError(f"FIELD_KEYS {key_id} repeats another key")
        keys[key_id] = key
    return keys


def mask_phone(phone: str) -> str:
    """`138****5678`: three digits in front and four behind; a number shorter than 11 keeps its last two at most."""
    if len(phone) >= 11:
        return f"{phone[:-8]}****{phone[-4:]}"
    return "****" + (phone[-2:] if len(phone) >= 7 else "")


def mask_name(name: str) -> str:
    """`张**`: the first character and always two stars, so that the length stays hidden; empty stays empty."""
    name = name.strip()
    return f"{name[0]}**" if len(name) > 1 else "**" if name else ""


def mask_address(detail: str) -> str:
    """`文三路***`: the words before the first digit, at most six characters and at most half; empty stays empty."""
    detail = detail.strip()
    words = re.split(r"\d", detail, maxsplit=1)[0]
    return f"{words[: min(6, len(detail) // 2)]}***" if detail else ""


def _key_bytes(encoded: str, name: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{name} must be base64 of {KEY_BYTES} bytes")
    return key


def _b64(blob: bytes) -> str:
    return base64.urlsafe_b64encode(blob).rstrip(b"=").decode()


def _unb64(text: str) -> bytes | None:
    """The bytes of unpadded base64url, or None unless `text` is their one spelling."""
    try:
        blob = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return blob if _b64(blob) == text else None
