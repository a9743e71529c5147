"""Wrong, forged and repeated notifications, sent on demand."""

from typing import Any

from wxsim.world import World

KINDS: dict[str, str] = {}


class CannotAttack(Exception):
    """There is nothing to base this attack on."""


def attack(world: World, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """x"""
    raise CannotAttack("not yet")
