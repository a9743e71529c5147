"""Pure decisions about members: what names, numbers and places may look like, and how they are written down."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.kernel.errors import Refusal
from backend.kernel.words import one_line
from backend.members import regions
from backend.members.refusals import (
    ADDRESS_DETAIL,
    BIRTHDAY,
    CONSENT_KIND,
    CONSENT_VERSION,
    GENDER,
    NICKNAME,
    PHONE,
    RECEIVER_NAME,
    REGION,
)

MAX_ADDRESSES = 50
NICKNAME_LENGTH = 32
NAME_LENGTH = 30
DETAIL_LENGTH = 120
VERSION_LENGTH = 32
CONSENT_KINDS = ("terms", "privacy", "marketing")
GENDERS = ("female", "male")
FIRST_BIRTHDAY = date(1900, 1, 1)

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))-?([2-9][0-9]{6,7})(?:-([0-9]{1,6}))?")
_COUNTRY = re.compile(r"^(?:\+86|0086)-?")
_VERSION = re.compile(r"[A-Za-z0-9.-]{1,32}")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where goods go, cleaned: what an address holds and an order freezes."""

    name: str
    phone: str
    region_code: str
    detail: str

    def frozen(self, point_name: str | None = None) -> dict[str, str]:
        """The address as an order keeps it for ever, with the names that its region, and the pick-up point, have today."""
        province, city, district = regions.full_name(self.region_code)
        point = {} if point_name is None else {"point_name": point_name}
        return self.as_json() | {"province": province, "city": city, "district": district} | point

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "phone": self.phone, "region_code": self.region_code, "detail": self.detail}


def _bounded(text: str, limit: int, refusal: Refusal) -> str:
    text = one_line(text)
    if not 1 <= len(text) <= limit:
        raise refusal(limit=limit)
    return text


def nickname(text: str) -> str:
    """The nickname as it is kept; refuses (`nickname`) what is empty or longer than 32 characters once cleaned."""
    return _bounded(text, NICKNAME_LENGTH, NICKNAME)


def phone(text: str) -> str:
    """A mobile as 11 digits, a landline as `0571-88886666` or `0571-88886666-12`; refuses (`phone`) all else.

    Takes spaces, brackets, hyphens, +86 and full-width digits, as people type and paste them.
    """
    digits = re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", text).replace("–", "-").replace("—", "-"))
    digits = _COUNTRY.sub("", digits)
    if _MOBILE.fullmatch(digits.replace("-", "")):
        return digits.replace("-", "")
    landline = _LANDLINE.fullmatch(digits)
    if not landline:
        raise PHONE()
    return "-".join(part for part in landline.groups() if part)


def destination(*, name: str, phone_text: str, region_code: str, detail: str) -> Destination:
    """An address as it is kept; refuses (`receiver_name`, `phone`, `region`, `address_detail`) what is none."""
    if not regions.is_district(region_code):
        raise REGION()
    return Destination(
        _bounded(name, NAME_LENGTH, RECEIVER_NAME),
        phone(phone_text),
        region_code,
        _bounded(detail, DETAIL_LENGTH, ADDRESS_DETAIL),
    )


def profile(changes: dict[str, Any], today: date) -> dict[str, Any]:
    """The given fields of a profile (nickname, avatar_key, gender, birthday) as they are kept; refuses wrong ones."""
    kept = dict(changes)
    if "nickname" in kept:
        kept["nickname"] = nickname(kept["nickname"])
    if kept.get("gender") not in (None, *GENDERS):
        raise GENDER()
    birthday = kept.get("birthday")
    if birthday is not None and not FIRST_BIRTHDAY <= birthday < today:
        raise BIRTHDAY()
    return kept


def must_be_consent(kind: str, version: str) -> None:
    """Refuse (`consent_kind`, `consent_version`) what is no consent of ours."""
    if kind not in CONSENT_KINDS:
        raise CONSENT_KIND()
    if not _VERSION.fullmatch(version):
        raise CONSENT_VERSION(limit=VERSION_LENGTH)
