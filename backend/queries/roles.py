"""Roles and permissions with their names, for the doors, which do not know the rules."""

from backend.organisation.rules import PERMISSIONS, ROLES, SCOPES

Words = tuple[str, str]


def known_permissions() -> frozenset[str]:
    """Every permission that exists."""
    return frozenset(PERMISSIONS)


def permissions() -> dict[str, Words]:
    """Permission → its name in Chinese and English, in the order of the table."""
    return dict(PERMISSIONS)


def roles() -> dict[str, tuple[Words, frozenset[str]]]:
    """Role → (its name in Chinese and English, its permissions), in the order of the table."""
    return {role: ((zh, en), names) for role, (zh, en, names) in ROLES.items()}


def scopes() -> dict[str, Words]:
    """Kind of scope → its name in Chinese and English."""
    return dict(SCOPES)
