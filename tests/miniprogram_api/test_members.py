"""Profile, address book, consents and regions through the door; what is somebody else's does not exist."""

import pytest

from tests.given_uploads import given_picture
from tests.miniprogram_api.checked import facts

FORM = {"name": "李雷", "phone": "0571-88886666", "region_code": "441900", "detail": "东莞大道 1 号"}


def test_profile(api, shopper):
    a = shopper("a")
    assert api.get("/me", a).json["nickname"].startswith("用户")
    avatar = given_picture(a.ctx, "avatar")
    changed = api.patch(
        "/me",
        a,
        json={"nickname": "小满", "birthday": "1995-05-20", "gender": "female", "avatar_key": avatar},
    )
    assert changed.status_code == 200
    assert changed.json == api.get("/me", a).json
    assert (changed.json["birthday"], changed.json["gender"], changed.json["avatar_key"]) == ("1995-05-20", "female", avatar)
    assert api.patch("/me", a, json={"gender": None, "birthday": None, "avatar_key": None}).json["birthday"] is None


def test_R14_an_avatar_that_is_not_ones_own_is_not_found(api, shopper, snapshot):
    a, b = shopper("a"), shopper("b")
    theirs, review = given_picture(b.ctx, "avatar"), given_picture(a.ctx, "review")
    before = snapshot()
    answers = [api.patch("/me", a, json={"nickname": "x", "avatar_key": key}) for key in (theirs, review, "0" * 32 + ".jpg")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert facts(answers[0]) == facts(answers[1]) == facts(answers[2])
    assert snapshot() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "sent",
    [
        {"birthday": "19950520"},
        {"birthday": "1995-W20-6"},
        {"birthday": "1995-02-30"},
        {"birthday": "0000-01-01"},
        {"birthday": 1},
        {"birthday": "1995-05-20T00:00:00Z"},
        {"gender": "x"},
        {"gender": 1},
        {"nickname": None},
        {"nickname": ""},
        {"nickname": 7},
        {"nickname": "x" * 33},
        {"nickname": "\u200b"},
        {"avatar_key": "../../etc/passwd"},
        {"avatar_key": "0" * 31},
        {"birthday": "9999-12-31"},
    ],
)
def test_profiles_that_are_none(api, shopper, snapshot, sent):
    a = shopper("a")
    before = snapshot()
    assert api.patch("/me", a, json=sent).status_code == 422
    assert snapshot() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "extra",
    ["role", "leader_id", "balance", "commission_rate", "openid", "phone", "id", "member_id", "state", "created_at"],
)
def test_r14_nobody_promotes_themselves(api, shopper, snapshot, extra):
    a = shopper("a")
    before = snapshot()
    refused = api.patch("/me", a, json={"nickname": "ok", extra: "admin"})
    assert (refused.status_code, refused.json["details"]) == (422, {"fields": {extra: "Unknown field."}})
    assert snapshot() == before


def test_phone(api, shopper, world):
    a = shopper("a")
    world.mini.phones["p1"] = "13912345678"
    assert api.put("/me/phone", a, json={"code": "p1"}).json == {"phone": "139****5678"}
    again = api.put("/me/phone", a, json={"code": "p1"})
    assert (again.status_code, again.json["code"]) == (422, "phone_code_refused")
    assert api.put("/me/phone", a, json={"phone": "13800000000"}).status_code == 422
    assert api.get("/me", a).json["phone"] == "139****5678"


def test_consents(api, shopper):
    a = shopper("a")
    assert api.put("/me/consents/privacy", a, json={"version": "2026-03", "granted": True}).status_code == 204
    said = {each["kind"]: each for each in api.get("/me/consents", a).json["items"]}
    assert said["privacy"]["granted"] is True and said["privacy"]["version"] == "2026-03"
    assert said["terms"]["version"] is None
    assert api.put("/me/consents/spam", a, json={"version": "1", "granted": True}).status_code == 404
    for granted in (1, "true", None, 0):
        assert api.put("/me/consents/privacy", a, json={"version": "1", "granted": granted}).status_code == 422


def test_the_address_book(api, shopper):
    a = shopper("a")
    added = api.post("/addresses", a, key="key-00000001", json=FORM)
    assert added.status_code == 201
    assert [each["id"] for each in api.get("/addresses", a).json["items"]] == [a.address_id, added.json["id"]]
    assert (
        api.put(f"/addresses/{added.json['id']}", a, json=FORM | {"name": "韩梅梅", "is_default": True}).status_code
        == 204
    )
    first = api.get("/addresses", a).json["items"][0]
    assert (first["id"], first["name"], first["region"], first["is_default"]) == (
        added.json["id"],
        "韩梅梅",
        ["广东省", "东莞市", "东莞市"],
        True,
    )
    assert api.delete(f"/addresses/{added.json['id']}", a).status_code == 204
    assert [each["is_default"] for each in api.get("/addresses", a).json["items"]] == [True]


def test_r01_foreign_absent_and_removed_addresses_answer_the_same(api, shopper):
    a, b = shopper("a"), shopper("b")
    removed = api.post("/addresses", a, key="key-00000001", json=FORM).json["id"]
    api.delete(f"/addresses/{removed}", a)
    answers = []
    for address_id in (b.address_id, "adr_01JQZZZZZZZZZZZZZZZZZZZZZZ", removed, "x"):
        answers += [api.delete(f"/addresses/{address_id}", a), api.put(f"/addresses/{address_id}", a, json=FORM)]
    assert {answer.status_code for answer in answers} == {404}
    assert all(facts(answer) == facts(answers[0]) for answer in answers)
    assert len({answer.headers["Content-Length"] for answer in answers}) == 1


def test_r02_r03_what_is_somebody_elses_stays_as_it_is(api, shopper, snapshot):
    a, b = shopper("a"), shopper("b")
    before = snapshot()
    assert api.put(f"/addresses/{b.address_id}", a, json=FORM).status_code == 404
    assert api.delete(f"/addresses/{b.address_id}", a).status_code == 404
    for extra in ({"id": b.address_id}, {"member_id": b.id}, {"address_id": b.address_id}):
        assert api.post("/addresses", a, key="key-00000001", json=FORM | extra).status_code == 422
    assert snapshot() == before
    assert [each["id"] for each in api.get("/addresses", a).json["items"]] == [a.address_id]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "x"},
        {"phone": "12345678901"},
        {"phone": "１３８００１３８０００"},
        {"phone": 13800138000},
        {"region_code": "330100"},
        {"region_code": "33010"},
        {"region_code": 330106},
        {"name": ""},
        {"name": " "},
        {"name": "王" * 31},
        {"detail": "路" * 121},
        {"is_default": 1},
        {"is_default": "yes"},
        {"is_default": None},
        {"detail": None},
    ],
)
def test_addresses_that_are_none(api, shopper, snapshot, wrong):
    a = shopper("a")
    before = snapshot()
    assert api.post("/addresses", a, key="key-00000001", json=FORM | wrong).status_code == 422
    assert api.put(f"/addresses/{a.address_id}", a, json=FORM | wrong).status_code == 422
    assert snapshot() == before


def test_regions_level_by_level(api):
    provinces = api.get("/regions")
    assert {"code": "330000", "name": "浙江省", "level": "province"} in provinces.json["items"]
    assert provinces.headers["Cache-Control"] == "public, max-age=86400"
    assert {"code": "330100", "name": "杭州市", "level": "city"} in api.get("/regions?parent=330000").json["items"]
    assert {"code": "330106", "name": "西湖区", "level": "district"} in api.get("/regions?parent=330100").json["items"]
    assert api.get("/regions?parent=330106").json == {"items": []}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_query_strings_are_strict(api):
    for query in (
        "parent=3301",
        "parent=",
        "parent=33010a",
        "parent=%EF%BC%93%EF%BC%93%EF%BC%900000",
        "parents=330000",
        "parent=330000&parent=440000",
        "parent=33%0000",
        "parent=330000&x=1",
        "parent=%ff",
    ):
        answer = api.get(f"/regions?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields"), query


def test_everything_of_a_shopper_needs_a_log_in(api, shopper):
    a = shopper("a")
    for method, path in [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("PUT", "/me/phone"),
        ("GET", "/me/consents"),
        ("PUT", "/me/consents/terms"),
        ("GET", "/addresses"),
        ("POST", "/addresses"),
        ("PUT", f"/addresses/{a.address_id}"),
        ("DELETE", f"/addresses/{a.address_id}"),
        ("GET", "/cart"),
        ("PUT", "/cart"),
        ("PUT", "/cart/lines/x"),
        ("DELETE", "/cart/lines/x"),
        ("DELETE", "/session"),
    ]:
        answer = api.call(method, path)
        assert (answer.status_code, answer.json["code"]) == (401, "login_needed"), path
