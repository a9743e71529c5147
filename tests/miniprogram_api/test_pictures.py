"""Pictures over the door: sent as wx.uploadFile sends them, drawn anew, shown safely (R20, R22, S6, T46)."""

import io

import pytest
from PIL import Image

from backend.infra.uow import transaction
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import rules
from backend.uploads.rules import Allowance
from tests.given_uploads import picture_bytes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KEY = "key-of-one-picture"
POLYGLOT = b"GIF89a/*<html><script>alert(1)</script>*/=1;"


def form(data: bytes | None = None, name: str = "a.jpg", purpose: str = "review", kind: str = "image/jpeg", **more):
    return {"data": {"file": (io.BytesIO(picture_bytes() if data is None else data), name, kind), "purpose": purpose, **more}}


def send(api, who, key=KEY, **more):
    return api.post("/uploads", who, key=key, **form(**more))


@pytest.mark.parametrize("side", [150, 300, 1500])
def test_a_photograph_is_taken_whatever_its_size_within_the_limit(api, shopper, side):
    """From 17 KB on: forms are read 64 KB at a time, and none of that may count as a field that is too long."""
    file = io.BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(file, "JPEG", quality=90)
    assert (side == 1500) == (file.tell() > 1_000_000) and file.tell() > 16 * 1024
    assert send(api, shopper("a"), data=file.getvalue()).status_code == 201


def test_a_picture_is_sent_and_seen(api, shopper):
    answer = send(api, shopper("a"), data=picture_bytes(800, 400))
    body = answer.get_json()
    assert (answer.status_code, body["width"], body["height"]) == (201, 800, 400)
    assert body["url"] == f"/api/v1/pictures/{body['key']}" and body["thumbnail_url"] == body["url"] + "?size=160"
    for size, query in ((800, ""), (160, "?size=160"), (640, "?size=640"), (640, "?size=200")):
        seen = api.client.get(body["url"] + query)
        assert (seen.status_code, seen.headers["Content-Type"], seen.headers["X-Content-Type-Options"]) == (
            200, "image/jpeg", "nosniff")
        assert seen.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert seen.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert picture_width(seen.data) == size
        again = api.client.get(body["url"] + query, headers={"If-None-Match": seen.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert api.get(f"/pictures/{body['key']}?size=9000").status_code == 422


def picture_width(data: bytes) -> int:
    from_jpeg = data.index(b"\xff\xc2")  # progressive start of frame
    return int.from_bytes(data[from_jpeg + 7:from_jpeg + 9], "big")


def test_a_repeat_answers_the_first(api, shopper):
    a = shopper("a")
    first, again = send(api, a), send(api, a)
    assert first.get_json() == again.get_json() and again.headers["Idempotency-Hit"] == "true"
    other = send(api, a, data=picture_bytes(41, 30))
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")
    assert send(api, a, purpose="ticket").status_code == 422
    assert send(api, shopper("b")).get_json()["key"] != first.get_json()["key"]


def test_evidence_is_for_its_sender_alone(api, shopper, ctx):
    a, b = shopper("a"), shopper("b")
    body = send(api, a, purpose="aftersale").get_json()
    key = body["key"]
    assert body["url"] == f"/api/v1/evidence/{key}"
    seen = api.client.get(body["url"], headers=a.headers)
    assert (seen.status_code, seen.headers["Content-Type"], seen.headers["Cache-Control"]) == (
        200, "image/jpeg", "private, max-age=31536000, immutable")
    assert api.client.get(body["thumbnail_url"], headers=a.headers).status_code == 200
    assert api.get(f"/evidence/{key}").status_code == 401
    assert api.get(f"/evidence/{key}", b).status_code == 404
    assert api.get(f"/pictures/{key}").status_code == api.get(f"/pictures/{key}?size=160").status_code == 404
    assert api.get(f"/pictures/{key.replace('.', '-160.')}").status_code == 404
    with transaction(a.ctx) as tx:
        claim_pictures(tx, a.ctx.actor, [key], "aftersale", "asl_1", "sto_main")
    assert api.get(f"/evidence/{key}", b).status_code == 404
    assert api.client.get(body["url"], headers=a.headers).status_code == 200


@pytest.mark.parametrize(("data", "name"), [
    (POLYGLOT, "x.jpg"), (POLYGLOT, "x.html"), (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "x.svg"),
    (b"%PDF-1.7", "x.pdf"), (b"", "x.jpg"), (b"\xff\xd8\xff", "../../app.py"), (b"http://169.254.169.254/", "x.jpg"),
])
def test_R20_what_is_no_picture_is_refused(api, shopper, data, name):
    answer = send(api, shopper("a"), data=data, name=name)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "picture_not_readable")


@pytest.mark.parametrize("name", ["../../app.py", "..\\..\\app.py", "/etc/passwd", "a\x00.html", "é" * 255, "x.php.jpg", "."])
@pytest.mark.parametrize("kind", ["image/jpeg", "text/html", "image/svg+xml", "x"])
def test_R20_names_and_types_are_nobodys_business(api, shopper, app, name, kind):
    key = send(api, shopper("a"), name=name, kind=kind).get_json()["key"]
    assert len(key) == 36 and key.endswith(".jpg")
    assert api.client.get(f"/api/v1/pictures/{key}").headers["Content-Type"] == "image/jpeg"


def test_R20_200_megabytes_are_refused_unread(api, shopper):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("it was read")

    answer = api.post("/uploads", shopper("a"), key=KEY, input_stream=Unread(), content_type="multipart/form-data; boundary=x",
                      environ_overrides={"CONTENT_LENGTH": str(200 * 2**20)})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert send(api, shopper("a"), data=bytes(8 * 2**20 + 1)).status_code == 413
    assert send(api, shopper("a"), data=bytes(9 * 2**20)).status_code == 413


def test_R20_ten_thousand_files_are_refused(api, shopper, monkeypatch):
    many = {"data": {"purpose": "review", "file": [(io.BytesIO(b"x"), "a.jpg")] * 10_000}}
    assert api.post("/uploads", shopper("a"), key=KEY, **many).status_code == 413
    monkeypatch.setattr(rules, "SHOPPER_DAY", Allowance(3, 10**9))
    codes = [send(api, shopper("a"), key=f"key-number-{number}").status_code for number in range(5)]
    assert codes == [201, 201, 201, 429, 429]


def test_forms_that_are_wrong(api, shopper):
    a = shopper("a")
    post = lambda **more: api.post("/uploads", a, key=KEY, **more).status_code  # noqa: E731
    picture = lambda: (io.BytesIO(picture_bytes()), "a.jpg")  # noqa: E731
    assert post(json={"url": "http://169.254.169.254/"}) == 415
    assert post(data=picture_bytes(), content_type="image/jpeg") == 415
    assert post(data="purpose=review", content_type="application/x-www-form-urlencoded") == 415
    assert post(data={"purpose": "review"}, content_type="multipart/form-data") == 422
    assert post(data=b"", content_type="multipart/form-data; boundary=x") == 422
    assert post(data=b"nonsense", content_type="multipart/form-data; boundary=x") == 422
    assert post(data=b"nonsense", content_type="multipart/form-data") == 422
    for data in ({"file": picture()}, {"file": picture(), "purpose": "product"}, {"file": picture(), "purpose": ""},
                 {"file": picture(), "purpose": ["review", "ticket"]}, {"file": picture(), "purpose": "review", "url": "http://x/"},
                 {"picture": picture(), "purpose": "review"}, {"file": [picture(), picture()], "purpose": "review"},
                 {"file": "no file", "purpose": "review"}):
        assert post(data=data, content_type="multipart/form-data") == 422, data.keys()
    assert api.post("/uploads", a, **form()).status_code == 400
    assert api.post("/uploads", key=KEY, **form()).status_code == 401
    assert api.post("/uploads", a, key=KEY, **form(), headers={"Content-Encoding": "gzip"}).status_code == 415


def test_nothing_lies_where_it_could_run(api, shopper, app, tmp_path):
    send(api, shopper("a"), name="../../app.py")
    found = [path for path in tmp_path.rglob("*") if path.suffix in (".py", ".html", ".svg", ".jpg")]
    assert len(found) == 3 and all(tmp_path / "files" in path.parents and path.suffix == ".jpg" for path in found)
