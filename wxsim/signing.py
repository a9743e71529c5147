"""The three cryptographic acts of WeChat Pay v3, written on plain `cryptography`: sign, verify, seal."""

import base64
import binascii
import secrets
import string

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
_ALPHABET = string.ascii_letters + string.digits


def message(*parts: bytes | str) -> bytes:
    """What is signed: every part followed by a line feed, the last one too."""
    return b"".join((part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)


def sign(key: RSAPrivateKey, *parts: bytes | str) -> str:
    """Base64 of the RSA-SHA256 (PKCS#1 v1.5) signature over `message(*parts)`."""
    return base64.b64encode(key.sign(message(*parts), PKCS1v15(), SHA256())).decode()


def verified(key: RSAPublicKey, signature: str, *parts: bytes | str) -> bool:
    """Whether `signature` (base64) is the key's over `message(*parts)`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message(*parts), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def seal(api_v3_key: bytes, plain: bytes, associated_data: str) -> dict[str, str]:
    """AES-256-GCM as WeChat sends it: ciphertext with tag in base64, a 12-character nonce, the associated data."""
    nonce = random_text(12)
    sealed = AESGCM(api_v3_key).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": nonce,
        "associated_data": associated_data,
    }


def random_text(length: int) -> str:
    """Unguessable letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
