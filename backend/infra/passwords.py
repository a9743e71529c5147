"""Passwords and tokens: Argon2id with the parameters of this house, and the hash under which a token is kept."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
"""What is verified when there is nobody, so that an unknown name takes as long as a wrong password."""


def hash_password(password: str) -> str:
    """The Argon2id hash to keep; costs about 60 ms of a processor, so never call it inside a transaction."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether this is the password. Takes the same time for a wrong one and for nobody (None or an empty hash)."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> str:
    """43 letters that nobody guesses: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
