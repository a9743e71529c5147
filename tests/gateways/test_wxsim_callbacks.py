"""Notifications that the stand-in really sends, and its attacks, read by our client (F27–F32, R09, R10)."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.strict_json import Fields

FORGED = {
    "forged-signature": "signature", "wrong-serial": "serial", "merchant-certificate": "serial",
    "stale-timestamp": "stale", "future-timestamp": "stale", "altered-body": "signature", "altered-nonce": "signature",
    "re-serialised": "signature", "reordered": "signature", "unsigned": "missing", "signtest": "probe",
}  # fmt: skip
UNREADABLE = ["bad-ciphertext", "wrong-api-key", "not-json", "empty", "trade-state", "missing-amount"]


@pytest.fixture
def number(seller) -> str:
    return seller.paid()


def attacked(seller, number: str, kind: str, **options):
    """What the shop was sent last by this attack."""
    seller.wx.attack(kind, number, **options)
    return seller.shop.taken[-1]


@pytest.mark.parametrize("kind", FORGED)
def test_forged_ones_are_refused(seller, number, kind):
    with pytest.raises(BadSignature) as caught:
        seller.read(attacked(seller, number, kind))
    assert caught.value.reason == FORGED[kind]


@pytest.mark.parametrize("kind", UNREADABLE)
def test_signed_but_unreadable_ones_are_refused(seller, number, kind):
    with pytest.raises(BadNotification):
        seller.read(attacked(seller, number, kind))


def test_duplicates_and_replays_say_the_same(seller, number):
    first = seller.read(seller.shop.taken[-1])
    seller.wx.attack("duplicate", number, count=20)
    assert {seller.read(taken) for taken in seller.shop.taken[-20:]} == {first}
    assert seller.read(attacked(seller, number, "replay")) == first


def test_a_replay_a_day_later_is_stale(own, sell):
    seller = sell(own)
    number = seller.paid()
    own.move_clock(86400)
    with pytest.raises(BadSignature) as caught:
        seller.read(attacked(seller, number, "replay"))
    assert caught.value.reason == "stale"
    assert seller.read(attacked(seller, number, "duplicate", count=1)).trade.paid, "signed afresh it is welcome"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("other-mchid", "mchid", "1900009999"), ("other-appid", "appid", "wx0000000000000000"),
     ("amount-plus-1", "total_fen", 1235), ("amount-minus-1", "payer_total_fen", 1233),
     ("currency-usd", "currency", "USD"), ("other-payer", "payer_openid", "oSomebodyElse000000000000000")],
)  # fmt: skip
def test_wrong_content_is_shown_as_it_is(seller, number, kind, field, value):
    """The caller compares: the gateway neither hides nor corrects what a signed notification says."""
    genuine = seller.read(seller.shop.taken[-1]).trade
    shown = seller.read(attacked(seller, number, kind)).trade
    assert getattr(shown, field) == value != getattr(genuine, field)


def test_an_event_of_next_year_is_genuine_and_empty(seller, number):
    heard = seller.read(attacked(seller, number, "event-type"))
    assert (heard.trade, heard.refund) == (None, None)


def test_unknown_fields_are_ignored(seller):
    seller.wx.fault("callback-unknown-field")
    seller.paid()
    assert seller.read(seller.shop.taken[-1]).trade.paid


def test_a_probe_comes_first_and_the_right_one_after_it(seller):
    seller.wx.fault("callback-signtest")

    def answer(taken):
        return 401 if taken.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/") else 200

    seller.shop.answer = answer
    seller.tap(seller.order())
    probe, genuine = seller.shop.wait_for(2)[:2]
    with pytest.raises(BadSignature) as caught:
        seller.read(probe)
    assert caught.value.reason == "probe"
    assert seller.read(genuine).trade.paid


def platform_certificate(seller) -> tuple[str, str]:
    """Serial and PEM of the stand-in's certificate, fetched with our own signature and opened by hand."""

    def read(answer: Fields) -> tuple[str, str]:
        entry = answer.raw("data")[0]
        sealed = entry["encrypt_certificate"]
        opened = AESGCM(seller.wx.api_v3_key.encode()).decrypt(
            sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]), sealed["associated_data"].encode()
        )
        return entry["serial_no"], opened.decode()

    return seller.gateways.pay._channel.ask("GET", "/v3/certificates", None, read)


def test_public_key_and_certificate_verify_side_by_side(running, seller, sell):
    """The days of a key roll-out: both sign, and a ring that knows one of them only refuses the other."""
    serial, pem = platform_certificate(seller)
    (running.folder / "certificate.pem").write_text(pem)
    public = f"{running.platform_public_key_id}={running.folder / 'platform.pem'}"
    certificate = f"{serial}={running.folder / 'certificate.pem'}"
    both = sell(running, pay_public_keys=f"{public},{certificate}")
    for fault in ("callback-other-key", None):
        if fault:
            running.fault(fault)
        both.paid()
        taken = both.shop.taken[-1]
        assert (taken.headers["Wechatpay-Serial"] == serial) is (fault is not None)
        assert both.read(taken).trade.paid
    running.fault("callback-other-key")
    both.paid()
    with pytest.raises(BadSignature) as caught:
        seller.read(both.shop.taken[-1])
    assert caught.value.reason == "serial"
    by_certificate = sell(running, pay_public_keys=f"{certificate},{public}")
    assert by_certificate.gateways.pay.query(by_certificate.order()).total_fen in (None, 1234)


@pytest.mark.parametrize(
    ("fault", "error"), [("callback-unknown-key", BadSignature), ("callback-old-api-key", BadNotification)]
)
def test_keys_that_are_not_ours_to_know(seller, fault, error):
    seller.wx.fault(fault)
    seller.paid()
    with pytest.raises(error):
        seller.read(seller.shop.taken[-1])
