"""China's provinces, cities and districts by six-digit code: mainland, as of 2023-06-30 (see regions.LICENSE.txt).

A code's first two digits name the province, four the city, all six the district; missing ones are zeros. Where a city
has no districts (Dongguan, Zhongshan, Danzhou) it is its own only district under the same code.
"""

import functools
import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("regions.json.gz")
_LEVELS = {2: "province", 4: "city", 6: "district"}
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_OF_THE_PROVINCE = ("市辖区", "县")
"""City-level names that only say "of the municipality"."""
_OF_NO_CITY = ("省直辖县级行政区划", "自治区直辖县级行政区划")
"""City-level names of districts that stand directly under the province."""


@dataclass(frozen=True, slots=True)
class Region:
    """One place with its official name. `level` ∈ province, city, district; a district has nothing below it."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class _Book:
    below: dict[str, tuple[Region, ...]]
    """By the leading digits: "" the provinces, "33" the cities of Zhejiang, "3301" the districts of Hangzhou."""
    districts: dict[str, tuple[str, str, str]]


@functools.cache
def _book() -> _Book:
    """All of it, read once. The file maps codes of two, four and six digits to names, in order."""
    names: dict[str, str] = json.loads(gzip.decompress(_FILE.read_bytes()))
    below: dict[str, list[Region]] = {}
    for code, name in names.items():
        below.setdefault(code[:-2], []).append(Region(code.ljust(6, "0"), name, _LEVELS[len(code)]))
    districts = {
        code: (names[code[:2]], _city(names[code[:2]], names[code[:4]], name), name)
        for code, name in names.items()
        if len(code) == 6
    }
    return _Book({code: tuple(regions) for code, regions in below.items()}, districts)


def _city(province: str, city: str, district: str) -> str:
    if city in _OF_THE_PROVINCE:
        return province
    return district if city in _OF_NO_CITY else city


def children(parent_code: str | None = None) -> tuple[Region, ...]:
    """The provinces (None), a province's cities, or a city's districts, by code; empty for any other code."""
    if parent_code is None:
        return _book().below[""]
    if not _SIX_DIGITS.fullmatch(parent_code):
        return ()
    if parent_code.endswith("0000"):
        return _book().below.get(parent_code[:2], ())
    return _book().below.get(parent_code[:4], ()) if parent_code.endswith("00") else ()


def is_district(code: str) -> bool:
    """Whether an address may stand in `code`: it is a district's, not a city's or province's."""
    return code in _book().districts


def full_name(code: str) -> tuple[str, str, str]:
    """Province, city and district as an address names them: ("北京市", "北京市", "东城区"). KeyError if no district.

    In place of names that only tell the statistics apart ("市辖区", "省直辖县级行政区划") stands the province's or the
    district's own, so that neighbours may be equal.
    """
    return _book().districts[code]


@functools.cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, names in _book().districts.items():
        for name in ("".join(dict.fromkeys(names)), "".join(names)):
            found.setdefault(name, code)
    return found


def find_code(text: str) -> str | None:
    """The code of a district by its names, as people write them: 浙江省杭州市西湖区, with or without spaces; None if unknown."""
    return _by_name().get("".join(text.split()))
