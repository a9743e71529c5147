"""Rules of the members: names, numbers and places, by tables and properties."""

from datetime import date

import pytest

from backend.kernel.errors import Refused
from backend.members import rules

TODAY = date(2026, 3, 2)
FORM = {"name": "王小满", "phone_text": "13800138000", "region_code": "330106", "detail": "文三路 100 号"}


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "\u202e\u202c", "x" * 33, "好" * 33])
def test_nicknames_that_are_none(typed):
    with pytest.raises(Refused) as refused:
        rules.nickname(typed)
    assert (refused.value.code, refused.value.details) == ("nickname", {"limit": 32})
    assert rules.nickname("好" * 32) == "好" * 32


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("19912345678", "19912345678"),
        ("0571-88886666", "0571-88886666"),
        ("057188886666", "0571-88886666"),
        ("(0571) 8888 6666", "0571-88886666"),
        ("010-62345678", "010-62345678"),
        ("01062345678", "010-62345678"),
        ("021-6234567", "021-6234567"),
        ("0571-88886666-123", "0571-88886666-123"),
    ],
)
def test_phones_are_written_in_one_way(typed, kept):
    assert rules.phone(typed) == kept
    assert rules.phone(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "x",
        "1380013800",
        "138001380000",
        "12800138000",
        "23800138000",
        "+1 202 555 0100",
        "88886666",
        "0571-1888666",
        "0571-888866667",
        "0971",
        "400-800-8820x",
        "١٣٨٠٠١٣٨٠٠٠",
        "13800138000;drop",
        "0571-88886666-1234567",
        "86 13800138000",
    ],
)
def test_phones_that_are_none(typed):
    with pytest.raises(Refused) as refused:
        rules.phone(typed)
    assert refused.value.code == "phone"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "receiver_name"),
        ({"name": "\u200b"}, "receiver_name"),
        ({"name": "王" * 31}, "receiver_name"),
        ({"phone_text": "138"}, "phone"),
        ({"region_code": "330100"}, "region"),
        ({"region_code": "330000"}, "region"),
        ({"region_code": "999999"}, "region"),
        ({"region_code": "３３０１０６"}, "region"),
        ({"region_code": ""}, "region"),
        ({"detail": " \n "}, "address_detail"),
        ({"detail": "路" * 121}, "address_detail"),
    ],
)
def test_destinations_that_cannot_be_delivered_to(wrong, code):
    with pytest.raises(Refused) as refused:
        rules.destination(**FORM | wrong)
    assert refused.value.code == code


def test_a_destination_is_kept_clean():
    to = rules.destination(
        name=" 王\u202e小满 ", phone_text="+86 138-0013-8000", region_code="330106", detail="文三路\n100 号"
    )
    assert to.as_json() == {
        "name": "王小满",
        "phone": "13800138000",
        "region_code": "330106",
        "detail": "文三路 100 号",
    }


def test_towns_without_districts_are_their_own():
    assert rules.destination(**FORM | {"region_code": "441900"}).region_code == "441900"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birthday": date(1899, 12, 31)}, "birthday"),
        ({"birthday": TODAY}, "birthday"),
        ({"birthday": date(9999, 12, 31)}, "birthday"),
        ({"gender": "other"}, "gender"),
        ({"nickname": " "}, "nickname"),
    ],
)
def test_profiles_that_are_refused(changes, code):
    with pytest.raises(Refused) as refused:
        rules.profile(changes, TODAY)
    assert refused.value.code == code


def test_only_given_fields_of_a_profile_change():
    assert rules.profile({"gender": None, "birthday": date(1900, 1, 1)}, TODAY) == {
        "gender": None,
        "birthday": date(1900, 1, 1),
    }
    assert rules.profile({}, TODAY) == {}


@pytest.mark.parametrize(
    ("kind", "version", "code"),
    [
        ("spam", "1", "consent_kind"),
        ("terms", "", "consent_version"),
        ("terms", "1 2", "consent_version"),
        ("terms", "x" * 33, "consent_version"),
    ],
)
def test_consents_that_are_none(kind, version, code):
    with pytest.raises(Refused) as refused:
        rules.must_be_consent(kind, version)
    assert refused.value.code == code


def test_consents_that_are_fine():
    for kind in rules.CONSENT_KINDS:
        rules.must_be_consent(kind, "2026-03.1")
