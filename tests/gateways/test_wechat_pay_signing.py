"""Signatures both ways, with the package `wechatpayv3` as an independent second opinion (F31, F32, R09, S8)."""

import datetime as dt
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from wechatpayv3 import utils

from backend.gateways.outcomes import BadSignature
from backend.gateways.wechat_pay_signing import KeyRing, Merchant
from backend.kernel.errors import Kind
from tests.gateways.playing_wechat import (
    APPID,
    MCHID,
    MERCHANT_SERIAL,
    NOW,
    SERIAL,
    Script,
    client,
    key,
    merchant,
    private_pem,
    public_pem,
    ring,
    second_opinion,
    sign,
    signed,
)

BODY = '{"prepay_id":"wx26112221580621e9b071c00d9e093b0000","言":"好"}'.encode()


@pytest.mark.parametrize("body", [b"", BODY])
@pytest.mark.parametrize(
    "target", ["/v3/pay/transactions/jsapi", "/v3/bill/tradebill?bill_date=2026-03-01&bill_type=ALL"]
)
def test_authorization_is_the_one_that_the_second_opinion_makes(monkeypatch, target, body):
    method = "POST" if body else "GET"
    ours = merchant().authorization(method, target, body, NOW)
    monkeypatch.setattr(utils.time, "time", lambda: NOW.timestamp() + 0.9)
    nonce = re.search('nonce_str="([^"]+)"', ours)[1]
    theirs = utils.build_authorization(
        target, method, MCHID, MERCHANT_SERIAL, key("merchant"), data=body.decode(), nonce_str=nonce
    )
    assert ours == theirs
    assert re.fullmatch("[0-9a-f]{32}", nonce)
    assert nonce not in merchant().authorization(method, target, body, NOW), "a nonce was used twice"


def test_second_opinion_verifies_our_request_signature():
    header = merchant().authorization("POST", "/v3/x", BODY, NOW)
    part = dict(re.findall(r'(\w+)="([^"]*)"', header))
    text = f"POST\n/v3/x\n{part['timestamp']}"
    assert utils.rsa_verify(text, part["nonce_str"], BODY.decode(), part["signature"], key("merchant").public_key())
    assert not utils.rsa_verify(text, part["nonce_str"], BODY.decode(), part["signature"], key("platform").public_key())


def test_client_parameters_carry_the_second_opinion_s_signature():
    params = client(Script()).client_params("wx201410272009395522657a690389285100", NOW)
    assert params["paySign"] == second_opinion().sign(
        [APPID, params["timeStamp"], params["nonceStr"], params["package"]]
    )
    assert params | {"nonceStr": "", "paySign": ""} == {
        "appId": APPID, "timeStamp": "1772424000", "nonceStr": "", "signType": "RSA", "paySign": "",
        "package": "prepay_id=wx201410272009395522657a690389285100",
    }  # fmt: skip
    assert params["nonceStr"] != client(Script()).client_params("wx20", NOW)["nonceStr"]


def test_both_accept_what_wechat_signs():
    headers = signed(BODY)
    ring().verify(headers, BODY, NOW)
    assert second_opinion()._core._verify_signature(headers, BODY.decode())


def test_we_accept_what_the_second_opinion_signs():
    text = f"{int(NOW.timestamp())}\nnonce\n{BODY.decode()}\n"
    headers = signed(BODY) | {
        "Wechatpay-Nonce": "nonce",
        "Wechatpay-Signature": utils.rsa_sign(key("platform"), text),
    }
    ring().verify(headers, BODY, NOW)
    ring().verify({name.lower(): value for name, value in headers.items()}, BODY, NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_fresh_is_five_minutes_either_way(seconds):
    ring().verify(signed(BODY, NOW + dt.timedelta(seconds=seconds)), BODY, NOW)


REFUSED = {
    "stale": ("stale", lambda: (signed(BODY, NOW - dt.timedelta(seconds=301)), BODY)),
    "from the future": ("stale", lambda: (signed(BODY, NOW + dt.timedelta(seconds=301)), BODY)),
    "a day old": ("stale", lambda: (signed(BODY, NOW - dt.timedelta(days=1)), BODY)),
    "by a stranger under the right serial": ("signature", lambda: (signed(BODY, by="stranger"), BODY)),
    "by ourselves": ("signature", lambda: (signed(BODY, by="merchant"), BODY)),
    "under our own serial": ("serial", lambda: (signed(BODY, by="merchant", serial=MERCHANT_SERIAL), BODY)),
    "serial unknown": ("serial", lambda: (signed(BODY, serial="PUB_KEY_ID_0000"), BODY)),
    "serial of another case": ("serial", lambda: (signed(BODY, serial=SERIAL.lower()), BODY)),
    "body re-serialised": ("signature", lambda: (signed(BODY), BODY.replace(b":", b": "))),
    "line feed added": ("signature", lambda: (signed(BODY), BODY + b"\n")),
    "body emptied": ("signature", lambda: (signed(BODY), b"")),
    "other nonce": ("signature", lambda: (signed(BODY, **{"Wechatpay-Nonce": "x"}), BODY)),
    "time moved": ("signature", lambda: (signed(BODY, **{"Wechatpay-Timestamp": "1772424001"}), BODY)),
    "another algorithm": ("signature", lambda: (
        signed(BODY, **{"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}), BODY)),
    "probe": ("probe", lambda: (signed(BODY, **{
        "Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + sign(b"x")[19:]}), BODY)),
    "not base64": ("signature", lambda: (signed(BODY, **{"Wechatpay-Signature": "%%%"}), BODY)),
    "time not digits": ("missing", lambda: (signed(BODY, **{"Wechatpay-Timestamp": "１７７２"}), BODY)),
    "time endless": ("missing", lambda: (signed(BODY, **{"Wechatpay-Timestamp": "9" * 400}), BODY)),
    "signature endless": ("missing", lambda: (signed(BODY, **{"Wechatpay-Signature": "A" * 5000}), BODY)),
    "serial with a line feed": ("missing", lambda: (signed(BODY, **{"Wechatpay-Serial": SERIAL + "\n"}), BODY)),
    "unsigned": ("missing", lambda: ({}, BODY)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    reason, make = REFUSED[case]
    headers, body = make()
    with pytest.raises(BadSignature) as caught:
        ring().verify(headers, body, NOW)
    assert caught.value.reason == reason
    assert (caught.value.kind, caught.value.code) == (Kind.UNAUTHENTICATED, "bad_signature")


@pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Signature", "Serial"])
def test_refused_without_any_one_header(name):
    headers = signed(BODY)
    del headers[f"Wechatpay-{name}"]
    with pytest.raises(BadSignature):
        ring().verify(headers, BODY, NOW)


def test_refused_with_any_byte_changed():
    headers = signed(BODY)
    for place in range(len(BODY)):
        altered = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises(BadSignature):
            ring().verify(headers, altered, NOW)


def certificate(name: str, serial: int, days: tuple[int, int] = (-1, 365)) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tenpay.com sign")])
    builder = x509.CertificateBuilder(subject, subject, key(name).public_key(), serial)
    return (
        builder.not_valid_before(NOW + dt.timedelta(days=days[0]))
        .not_valid_after(NOW + dt.timedelta(days=days[1]))
        .sign(key(name), SHA256())
        .public_bytes(Encoding.PEM)
    )


def test_ring_holds_public_key_and_certificate_side_by_side(tmp_path):
    (tmp_path / "key.pem").write_bytes(public_pem("platform"))
    (tmp_path / "cert.pem").write_bytes(certificate("certificate", 0x5157F09E))
    both = KeyRing.load(f"{SERIAL}={tmp_path}/key.pem, 5157F09E={tmp_path}/cert.pem")
    assert both.current == SERIAL
    both.verify(signed(BODY), BODY, NOW)
    both.verify(signed(BODY, by="certificate", serial="5157F09E"), BODY, NOW)
    for by, serial in (("platform", "5157F09E"), ("certificate", SERIAL)):
        with pytest.raises(BadSignature):
            both.verify(signed(BODY, by=by, serial=serial), BODY, NOW)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_certificate_outside_its_dates_signs_nothing(tmp_path, days):
    (tmp_path / "cert.pem").write_bytes(certificate("certificate", 0x5157F09E, days))
    with pytest.raises(BadSignature) as caught:
        KeyRing.load(f"5157F09E={tmp_path}/cert.pem").verify(
            signed(BODY, by="certificate", serial="5157F09E"), BODY, NOW
        )
    assert caught.value.reason == "serial"


@pytest.mark.parametrize("setting", ["", " , ", "A", "A=", "=k.pem", "A={}/key.pem,A={}/key.pem", "ABC={}/cert.pem",
                                     "A={}/weak.pem", "A={}/nothing.pem", "A={}/text.pem"])  # fmt: skip
def test_unusable_key_settings_are_refused_at_once(tmp_path, setting):
    (tmp_path / "key.pem").write_bytes(public_pem("platform"))
    (tmp_path / "cert.pem").write_bytes(certificate("certificate", 0x5157F09E))
    (tmp_path / "text.pem").write_text("no key")
    weak = rsa.generate_private_key(65537, 1024).public_key()
    (tmp_path / "weak.pem").write_bytes(weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises((ValueError, OSError)):
        KeyRing.load(setting.replace("{}", str(tmp_path)))


def test_merchant_key_is_read_from_its_file_and_never_shown(tmp_path):
    (tmp_path / "key.pem").write_bytes(private_pem("merchant"))
    loaded = Merchant.load(MCHID, MERCHANT_SERIAL, tmp_path / "key.pem")
    assert loaded.sign("a", "b") == merchant().sign("a", "b") == sign(b"a\nb\n", "merchant")
    assert "RSA" not in repr(loaded)
    (tmp_path / "key.pem").write_bytes(public_pem("merchant"))
    with pytest.raises(ValueError):
        Merchant.load(MCHID, MERCHANT_SERIAL, tmp_path / "key.pem")
