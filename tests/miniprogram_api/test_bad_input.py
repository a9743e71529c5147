"""Bodies, headers and paths that nobody means well: the only acceptable answers, and never a 500."""

import gzip
import io
import json

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.miniprogram_api.checked import facts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

JSON = {"content_type": "application/json"}


def body(quantity: bytes) -> bytes:
    return b'{"lines":[{"sku_id":"sku_1","quantity":' + quantity + b"}]}"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"[" * 100_000, 400, "not_json"),
        (b'{"a":' * 100_000, 400, "not_json"),
        (b"[" * 33 + b"]" * 33, 400, "not_json"),
        (b'{"code": "' + b"x" * 10_000_000 + b'"}', 413, "too_large"),
        (b'{"code": "' + b"x" * 1_000_000 + b'"}', 422, "invalid_fields"),
        (b'{"lines":[],"lines":[]}', 422, "ambiguous_json"),
        (b'{"lines":"\xff"}', 400, "not_json"),
        (b'\xef\xbb\xbf{"lines":[]}', 400, "not_json"),
        ('{"lines":[]}'.encode("utf-16"), 400, "not_json"),
        (b'{"lines":"\\ud800"}', 422, "ambiguous_json"),
        (b'{"\\udc00":[]}', 422, "ambiguous_json"),
        (b'{"lines":"a\\u0000b"}', 422, "ambiguous_json"),
        (b'{"lines":"a\x00b"}', 400, "not_json"),
        (b"nothing", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b"'a'", 400, "not_json"),
        (b"{} {}", 400, "not_json"),
        (b"9" * 6000, 400, "not_json"),
        (b"null", 422, "invalid_fields"),
        (b"[]", 422, "invalid_fields"),
        (b"7", 422, "invalid_fields"),
        (b"", 422, "invalid_fields"),
        (b'{"lines":{}}', 422, "invalid_fields"),
        (b'{"lines":[[]]}', 422, "invalid_fields"),
        (b'{"lines":[null]}', 422, "invalid_fields"),
    ],
)
def test_r27_broken_bodies(api, shopper, raw, status, code):
    answer = api.put("/cart", shopper(address=False), data=raw, **JSON)
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(
    "quantity",
    [
        b"-5",
        b"0",
        b"1.5",
        b'"2"',
        b"true",
        b"2147483648",
        b"1000000",
        b"1e400",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e-2",
        b"1.0000001",
        b"-0",
        '"２"'.encode(),
        b'"1e3"',
        b"9223372036854775808",
        b"null",
        b"[]",
        b"{}",
        b"99999999999999999999999999",
    ],
)
def test_r04_quantities_that_are_none(api, shopper, quantity, rows):
    who = shopper(address=False)
    answer = api.put("/cart", who, data=body(quantity), **JSON)
    assert answer.status_code == 422, answer.json
    assert api.put("/cart/lines/sku_1", who, data=b'{"quantity":' + quantity + b"}", **JSON).status_code == 422
    assert rows("select * from cart_lines") == []


def test_a_whole_number_may_be_written_as_json_allows(api, shopper):
    who = shopper(address=False)
    for quantity in (b"2", b"2.0", b"2e0", b"20e-1"):
        answer = api.put("/cart", who, data=body(quantity), **JSON)
        assert (answer.status_code, answer.json["code"]) == (422, "unknown_skus"), quantity


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/plain; charset=utf-8",
        "nonsense",
        "application/problem+json",
        None,
    ],
)
def test_r27_other_kinds_of_body_are_415(api, shopper, content_type):
    answer = api.put("/cart", shopper(address=False), data=b'{"lines":[]}', content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_utf8_in_any_spelling_is_fine(api, shopper):
    who = shopper(address=False)
    for content_type in ("application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"):
        assert api.put("/cart", who, data=b'{"lines":[]}', content_type=content_type).status_code == 200


def test_r27_compressed_bodies_are_refused_unread(api, shopper):
    bomb = gzip.compress(b"[" * 10_000_000)
    assert len(bomb) < 20_000
    for encoding in ("gzip", "deflate", "br", "zstd"):
        answer = api.put("/cart", shopper(address=False), data=bomb, headers={"Content-Encoding": encoding}, **JSON)
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_r27_a_body_without_a_length_is_not_cut_and_believed(web, shopper):
    padded = b'{"lines":[]}' + b" " * 3_000_000
    sent = EnvironBuilder(
        "/api/v1/cart", method="PUT", headers=shopper(address=False).headers, content_type="application/json"
    )
    environ = sent.get_environ() | {"wsgi.input": io.BytesIO(padded), "wsgi.input_terminated": True}
    chunks, status, _ = run_wsgi_app(web.wsgi_app, environ)
    assert status.startswith("413")
    assert json.loads(b"".join(chunks))["code"] == "too_large"


def test_unknown_fields_are_named(api, shopper):
    answer = api.put(
        "/cart", shopper(address=False), json={"lines": [{"sku_id": "s", "quantity": 1, "price_fen": 1}], "total": 1}
    )
    assert answer.status_code == 422
    assert answer.json["details"] == {"fields": {"lines.0.price_fen": "Unknown field.", "total": "Unknown field."}}
    assert answer.json["detail"] == "这些内容不正确：lines.0.price_fen、total。"


def test_a_body_where_none_belongs_is_an_unknown_field(api, shopper):
    who = shopper()
    refused = api.delete(f"/addresses/{who.address_id}", who, json={"id": "x"})
    assert (refused.status_code, refused.json["details"]) == (422, {"fields": {"id": "Unknown field."}})
    assert api.delete(f"/addresses/{who.address_id}", who, json={}).status_code == 204


def test_faults_are_named_up_to_twenty(api, shopper):
    answer = api.put("/cart", shopper(address=False), json={str(number): 1 for number in range(500)})
    assert answer.status_code == 422
    assert len(answer.json["details"]["fields"]) == 20


def test_401_comes_before_the_body_is_read(api):
    assert api.put("/cart", data=b"[" * 100_000, **JSON).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/addresses/%00",
        "/addresses/a%00b",
        "/addresses/%2e%2e%2f",
        "/addresses/%ff",
        "/addresses/' or 1=1--",
        "/addresses/" + "a" * 33,
        "/cart/lines/%0d%0aSet-Cookie:x",
    ],
)
def test_ids_that_cannot_be_are_not_found(api, shopper, path):
    answer = api.delete(path, shopper(address=False))
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "Set-Cookie" not in answer.headers


def test_r28_slashes_and_next_never_redirect(web):
    client = web.test_client()
    for path in (
        "//evil.com",
        "//evil.com/api/v1/me",
        "/api/v1//me",
        "/api/v1/me/",
        "/\\evil.com",
        "/api/v1/me?next=//evil.com",
        "/api/v1/docs?next=https:evil.com",
    ):
        answer = client.get(path, headers={"Host": "evil.com"})
        assert answer.status_code in (200, 401, 404), path
        assert "Location" not in answer.headers
        assert "evil" not in answer.get_data(as_text=True).replace("evil.com</", "")


def test_r29_method_override_host_and_trace(api, shopper):
    who = shopper()
    overridden = api.get(
        "/addresses", who, headers={"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "Host": "evil"}
    )
    assert overridden.status_code == 200
    assert len(overridden.json["items"]) == 1
    for path in ("/addresses", "/nowhere"):
        traced = api.call("TRACE", path, who)
        assert (traced.status_code, traced.json["code"]) == (405, "method_not_allowed")
    assert api.client.open("/elsewhere", method="TRACE").status_code == 405


def test_r33_nothing_is_told_about_the_inside(web):
    client = web.test_client()
    for path in (
        "/debug",
        "/console",
        "/.env",
        "/.git/config",
        "/openapi.json",
        "/metrics",
        "/api/v1/../../etc/passwd",
        "/api/v1/docs/../document.py",
        "/api/v1/docs/%2e%2e/document.py",
        "/api",
        "/api/v2/me",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["X-Request-Id"]
        assert "Traceback" not in answer.get_data(as_text=True) and "import" not in answer.get_data(as_text=True)


def test_the_404_of_an_unknown_address_says_no_more_than_that_of_a_route(api, shopper):
    assert facts(api.get("/nothing"))["code"] == facts(api.delete("/addresses/%00", shopper()))["code"] == "not_found"


def test_json_strings_survive_unharmed(api, shopper):
    who = shopper(address=False)
    for nickname in ("<img src=x onerror=alert(1)>", "{{7*7}}", "=cmd|' /C calc'!A0", "小满🌾", "É", "\\u202e"):
        answer = api.patch("/me", who, data=json.dumps({"nickname": nickname}), **JSON)
        assert answer.json["nickname"] == nickname
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
