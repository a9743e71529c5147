"""The second step of a log-in (RFC 6238): secrets, and the address by which an authenticator takes them in."""

import pyotp


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def otpauth(secret: str, login: str, issuer: str) -> str:
    """The `otpauth://` address that a QR code carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
