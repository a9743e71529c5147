"""`Idempotency-Key` through the door."""

import pytest

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FORM = {"name": "李雷", "phone": "13800138000", "region_code": "330106", "detail": "文三路 1 号"}


def test_a_repeat_gets_the_first_answer_and_says_so(api, shopper):
    a = shopper("a", address=False)
    first = api.post("/addresses", a, key="key-00000001", json=FORM)
    again = api.post("/addresses", a, key="key-00000001", json=FORM)
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert "Idempotency-Hit" not in first.headers
    assert again.headers["Idempotency-Hit"] == "true"
    assert len(api.get("/addresses", a).json["items"]) == 1


def test_r08_the_same_key_with_another_body_is_422(api, shopper):
    a = shopper("a", address=False)
    api.post("/addresses", a, key="key-00000001", json=FORM)
    other = api.post("/addresses", a, key="key-00000001", json=FORM | {"name": "韩梅梅"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert "Idempotency-Hit" not in other.headers


def test_the_order_of_fields_and_spaces_do_not_matter(api, shopper):
    a = shopper("a", address=False)
    first = api.post("/addresses", a, key="key-00000001", json=FORM)
    turned = api.post("/addresses", a, key="key-00000001", json=dict(reversed(FORM.items())))
    assert turned.json == first.json


def test_keys_of_others_are_not_ours(api, shopper):
    a, b = shopper("a", address=False), shopper("b", address=False)
    first = api.post("/addresses", a, key="key-00000001", json=FORM)
    assert api.post("/addresses", b, key="key-00000001", json=FORM).json != first.json


def test_a_missing_key_is_400_and_writes_nothing(api, shopper, snapshot):
    a = shopper("a", address=False)
    before = snapshot()
    refused = api.post("/addresses", a, json=FORM)
    assert (refused.status_code, refused.json["code"]) == (400, "idempotency_key_missing")
    assert snapshot() == before


@pytest.mark.parametrize(
    "key", ["", "1234567", "x" * 81, "with space", "tab\tkey12", "键键键键键键键键", "key\x7f1234"]
)
def test_keys_that_are_none(api, shopper, snapshot, key):
    a = shopper("a", address=False)
    before = snapshot()
    refused = api.post("/addresses", a, headers={"Idempotency-Key": key}, json=FORM)
    assert (refused.status_code, refused.json["code"]) == (422, "idempotency_key_invalid")
    assert snapshot() == before


def test_a_refusal_is_not_remembered(api, shopper):
    a = shopper("a", address=False)
    wrong = api.post("/addresses", a, key="key-00000001", json=FORM | {"region_code": "330100"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "region")
    assert api.post("/addresses", a, key="key-00000001", json=FORM).status_code == 201
