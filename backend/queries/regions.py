"""Provinces, cities and districts, as an address form asks for them."""

from typing import Any

from backend.members import regions


def below(parent_code: str | None) -> list[dict[str, Any]]:
    """What lies in a province or city (None: the provinces), by code; nothing for a district or an unknown code."""
    return [{"code": each.code, "name": each.name, "level": each.level} for each in regions.children(parent_code)]


def names_of(code: str) -> list[str]:
    """Province, city and district of a district's code; empty if the code has been abolished meanwhile."""
    return list(regions.full_name(code)) if regions.is_district(code) else []


def code_of(text: str) -> str:
    """The code of a district by province, city and district as people write them; empty if there is none."""
    return regions.find_code(text) or ""
