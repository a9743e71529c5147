"""Nobody but the merchant gets past the gate: each altered byte, header or clock gets a signed refusal."""

import json
import time

import pytest

from tests.wxsim.merchant import Merchant, verifies

ORDER = "/v3/pay/transactions/jsapi"
QUERY = "/v3/pay/transactions/out-trade-no/{}?mchid={}"


@pytest.fixture
def body(merchant: Merchant) -> bytes:
    return json.dumps(merchant.order_body("auth-001"), ensure_ascii=False).encode()


def refused(merchant: Merchant, target: str, body: bytes, authorization: str, method: str = "POST") -> None:
    answer = merchant.send(method, target, body, Authorization=authorization)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert answer.headers["Request-ID"].endswith("-268443699")
    assert verifies(merchant.wx.platform_public_key, answer.headers, answer.content)


@pytest.mark.parametrize("position", [0, 20, 100, -1])
def test_one_flipped_bit_of_the_body(merchant: Merchant, body: bytes, position: int) -> None:
    altered = bytearray(body)
    altered[position] ^= 1
    refused(merchant, ORDER, bytes(altered), merchant.authorization("POST", ORDER, body))


def test_reordered_and_reformatted_json(merchant: Merchant, body: bytes) -> None:
    reordered = json.dumps(dict(reversed(json.loads(body).items())), ensure_ascii=False).encode()
    compact = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    escaped = json.dumps(json.loads(body)).encode()
    for other in (reordered, compact, escaped, body + b"\n"):
        assert json.loads(other) == json.loads(body)
        refused(merchant, ORDER, other, merchant.authorization("POST", ORDER, body))


@pytest.mark.parametrize(
    "instead",
    [
        {"after_timestamp": str(int(time.time()) + 100)},
        {"after_nonce_str": "another"},
        {"after_mchid": "1900000108"},
        {"mchid": "1900000108"},
        {"after_serial_no": "00"},
        {"serial_no": "0" * 40},
        {"after_signature": ""},
        {"after_signature": "AAAA"},
        {"after_signature": "no base64 at all"},
        {"nonce_str": ""},
        {"nonce_str": "n" * 33},
        {"nonce_str": "white space"},
        {"timestamp": "0"},
        {"timestamp": "17e8"},
        {"after_extra": "1"},
    ],
)
def test_one_wrong_value(merchant: Merchant, body: bytes, instead: dict[str, str]) -> None:
    refused(merchant, ORDER, body, merchant.authorization("POST", ORDER, body, **instead))


@pytest.mark.parametrize("seconds", [-302, 302])
def test_stale_and_early(merchant: Merchant, body: bytes, seconds: int) -> None:
    stamp = str(int(time.time()) + seconds)
    refused(merchant, ORDER, body, merchant.authorization("POST", ORDER, body, timestamp=stamp))


@pytest.mark.parametrize("seconds", [-297, 297])
def test_just_fresh_enough(merchant: Merchant, seconds: int) -> None:
    target = QUERY.format("auth-none", merchant.wx.mchid)
    header = merchant.authorization("GET", target, b"", timestamp=str(int(time.time()) + seconds))
    assert merchant.send("GET", target, Authorization=header).status_code == 404


def test_other_method_path_or_query(merchant: Merchant, body: bytes) -> None:
    target = QUERY.format("auth-001", merchant.wx.mchid)
    refused(merchant, target, b"", merchant.authorization("POST", target, b""), "GET")
    refused(merchant, target, b"", merchant.authorization("GET", target.partition("?")[0], b""), "GET")
    refused(merchant, target, b"", merchant.authorization("GET", target + "&a=1", b""), "GET")
    refused(merchant, ORDER, body, merchant.authorization("POST", ORDER + "/", body))


def test_a_nonce_is_good_once(merchant: Merchant) -> None:
    target = QUERY.format("auth-none", merchant.wx.mchid)
    header = merchant.authorization("GET", target, b"")
    assert merchant.send("GET", target, Authorization=header).status_code == 404
    refused(merchant, target, b"", header, "GET")


def test_missing_and_other_schemes(merchant: Merchant, body: bytes) -> None:
    good = merchant.authorization("POST", ORDER, body)
    parts = good.partition(" ")[2].split(",")
    for header in ("", "Bearer x", good.replace("WECHATPAY2", "WECHATPAY3"), good.replace('"', "'")):
        refused(merchant, ORDER, body, header)
    for missing in range(len(parts)):
        left = parts[:missing] + parts[missing + 1 :]
        refused(merchant, ORDER, body, "WECHATPAY2-SHA256-RSA2048 " + ",".join(left))


def test_order_of_the_pairs_does_not_matter(merchant: Merchant) -> None:
    target = QUERY.format("auth-none", merchant.wx.mchid)
    scheme, _, rest = merchant.authorization("GET", target, b"").partition(" ")
    header = f"{scheme} {', '.join(reversed(rest.split(',')))}"
    assert merchant.send("GET", target, Authorization=header).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"User_Agent": ""},
        {"Accept": "text/html"},
        {"Content_Type": "text/plain"},
        {"Wechatpay_Serial": "PUB_KEY_ID_OF_SOMEBODY"},
    ],
)
def test_headers_that_the_platform_wants(merchant: Merchant, body: bytes, headers: dict[str, str]) -> None:
    answer = merchant.send("POST", ORDER, body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")
    assert verifies(merchant.wx.platform_public_key, answer.headers, answer.content)


def test_unknown_paths_and_methods_are_signed_refusals(merchant: Merchant) -> None:
    for method, target, status in (("GET", "/v3/nothing", 404), ("PUT", ORDER, 405)):
        answer = merchant.send(method, target)
        assert answer.status_code == status and answer.json()["code"]
        assert verifies(merchant.wx.platform_public_key, answer.headers, answer.content)
