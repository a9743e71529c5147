"""Wrong, forged and repeated notifications, sent on demand: what the shop's callback must withstand."""

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wxsim import envelope, notifications, numbers, orders, refunds
from wxsim.answers import to_bytes
from wxsim.keys import Signer
from wxsim.pay_errors import PayError
from wxsim.world import World

Resource = dict[str, Any]
_STALE_SECONDS = 600


class CannotAttack(Exception):
    """There is nothing to base this attack on."""


# Rightly signed and sealed, but something in it is not as the shop knows it.
_CONTENTS: dict[str, tuple[str, Callable[[Resource, dict[str, Any]], object]]] = {
    "other-mchid": ("another merchant's mchid", lambda told, given: told.update(mchid="1900009999")),
    "other-appid": ("another appid", lambda told, given: told.update(appid="wx0000000000000000")),
    "amount": ("the amount is `fen` (-1) more", lambda told, given: _more(told, given.get("fen", -1))),
    "amount-plus-1": ("the amount is one fen more", lambda told, given: _more(told, 1)),
    "amount-minus-1": ("the amount is one fen less", lambda told, given: _more(told, -1)),
    "currency-usd": ("the currency is USD", lambda told, given: told["amount"].update(currency="USD")),
    "other-payer": (
        "somebody else paid",
        lambda told, given: told.update(payer={"openid": "oSomebodyElse000000000000000"}),
    ),
    "unknown-out-trade-no": (
        "an out_trade_no that nobody placed",
        lambda told, given: told.update(out_trade_no=f"nobody{secrets.token_hex(8)}"),
    ),
    "other-transaction-id": (
        "the same trade paid by another transaction",
        lambda told, given: told.update(transaction_id=f"4200{secrets.randbelow(10**24):024d}"),
    ),
    "trade-state": (
        "trade_state (or refund_status) is `state` (NEW_STATE)",
        lambda told, given: _state(told, given.get("state", "NEW_STATE")),
    ),
    "missing-amount": ("the amount is missing", lambda told, given: told.pop("amount")),
    "event-type": ("an event type of next year", lambda told, given: None),
}
# The content is as it was; signature, seal or sending are not.
_FORMS = {
    "forged-signature": "signed by a stranger's key under the right serial",
    "wrong-serial": "signed by a stranger's key under a serial that nobody knows",
    "merchant-certificate": "signed by a stranger's key under the merchant's own serial",
    "stale-timestamp": "rightly signed, `seconds` (600) ago",
    "future-timestamp": "rightly signed, `seconds` (600) ahead",
    "altered-body": "one byte of the body changed after signing",
    "altered-nonce": "the nonce header changed after signing",
    "re-serialised": "the JSON written anew after signing",
    "reordered": "the JSON's keys in another order after signing",
    "unsigned": "no Wechatpay headers",
    "signtest": "a WECHATPAY/SIGNTEST/ signature",
    "bad-ciphertext": "rightly signed, but the sealed resource was tampered with",
    "wrong-api-key": "rightly signed, but sealed with another APIv3 key",
    "not-json": "rightly signed, but the body is not JSON",
    "empty": "rightly signed, but the body is empty",
    "replay": "the recorded notification byte by byte with its old headers",
    "duplicate": "the notification freshly signed, `count` (2) times, `parallel` (true) or one after the other",
}
KINDS: dict[str, str] = {**{name: does for name, (does, _) in _CONTENTS.items()}, **_FORMS}


def attack(world: World, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Sends it to the trade's (or with out_refund_no the refund's) notify_url: {status, body}, or {answers} too.

    A trade that nobody paid is told as paid. With `forged` true a content attack is signed by a stranger's key.
    Raises CannotAttack when there is no such trade, or no recorded notification to replay.
    """
    event_type, url, told, recorded = _base(world, given)
    if kind == "replay":
        if recorded is None or not recorded["sent_body"]:
            raise CannotAttack("nothing was sent yet for this trade")
        return _send(
            world, kind, recorded["notify_url"], json.loads(recorded["sent_headers"]), recorded["sent_body"].encode()
        )
    if kind == "duplicate":
        return _duplicate(world, url, _body(world, event_type, told, recorded), given)
    if kind in _CONTENTS:
        if kind == "currency-usd" and "out_refund_no" in told:
            raise CannotAttack("a refund's notification names no currency")
        _CONTENTS[kind][1](told, given)
        if kind == "event-type":
            event_type = "TRANSACTION.OF_NEXT_YEAR"
        content = _body(world, event_type, told, None)
        signer = Signer(world.keys.public.serial, world.keys.stranger.key) if given.get("forged") else world.keys.public
        return _send(world, kind, url, envelope.signed_headers(signer, content, world.clock.now()), content)
    return _malformed(world, kind, url, _body(world, event_type, told, recorded), given)


def _malformed(world: World, kind: str, url: str, content: bytes, given: dict[str, Any]) -> dict[str, Any]:
    stranger, public, now = world.keys.stranger, world.keys.public, world.clock.now()
    seconds = given.get("seconds", _STALE_SECONDS)
    content = _spoilt_before(world, kind, content)
    signer, at = {
        "forged-signature": (Signer(public.serial, stranger.key), now),
        "wrong-serial": (stranger, now),
        "merchant-certificate": (Signer(world.config.merchant_serial, stranger.key), now),
        "stale-timestamp": (public, now - seconds),
        "future-timestamp": (public, now + seconds),
    }.get(kind, (public, now))
    headers = envelope.signed_headers(signer, content, at)
    if kind == "signtest":
        headers = envelope.probe_headers(world, content)
    elif kind == "unsigned":
        headers = {name: value for name, value in headers.items() if not name.startswith("Wechatpay-")}
    elif kind == "altered-nonce":
        headers["Wechatpay-Nonce"] = headers["Wechatpay-Nonce"][::-1]
    elif kind == "altered-body":
        content = content.replace(b'"ciphertext":"', b'"ciphertext":"A', 1)
    elif kind == "re-serialised":
        content = json.dumps(json.loads(content), ensure_ascii=False).encode()
    elif kind == "reordered":
        content = to_bytes(dict(reversed(json.loads(content).items())))
    return _send(world, kind, url, headers, content)


def _spoilt_before(world: World, kind: str, content: bytes) -> bytes:
    """What is rightly signed although it cannot be read."""
    if kind == "not-json":
        return b"<xml>not JSON</xml>"
    if kind == "empty":
        return b""
    if kind not in ("bad-ciphertext", "wrong-api-key"):
        return content
    body = json.loads(content)
    sealed = body["resource"]
    if kind == "bad-ciphertext":
        first = sealed["ciphertext"][0]
        sealed["ciphertext"] = ("B" if first == "A" else "A") + sealed["ciphertext"][1:]
        return to_bytes(body)
    return to_bytes(envelope.wrap(body["id"], world.clock.now(), body["event_type"], {}, envelope.OLD_API_KEY))


def _duplicate(world: World, url: str, content: bytes, given: dict[str, Any]) -> dict[str, Any]:
    count = min(max(int(given.get("count", 2)), 1), 500)

    def once(number: int) -> dict[str, Any]:
        headers = envelope.signed_headers(world.keys.public, content, world.clock.now())
        return _send(world, "duplicate", url, headers, content)

    if given.get("parallel", True):
        with ThreadPoolExecutor(min(count, 50)) as pool:
            answers = list(pool.map(once, range(count)))
    else:
        answers = [once(number) for number in range(count)]
    return {**answers[0], "answers": answers}


def _base(world: World, given: dict[str, Any]) -> tuple[str, str, Resource, Any]:
    """Event type, address, what is told, and the recorded notification if there is one."""
    out_trade_no, out_refund_no = str(given.get("out_trade_no", "")), given.get("out_refund_no")
    recorded = world.books.row(
        "SELECT * FROM notifications WHERE out_trade_no = ? AND out_refund_no IS ? ORDER BY seq DESC",
        (out_trade_no, out_refund_no),
    )
    if recorded is not None:
        return recorded["event_type"], recorded["notify_url"], json.loads(recorded["resource"]), recorded
    try:
        trade = orders.by_out_trade_no(world, out_trade_no)
        if out_refund_no is not None:
            refund = refunds.find(world, out_refund_no)
            told = {**refunds.as_notice(world, refund, trade), "refund_status": "SUCCESS"}
            return "REFUND.SUCCESS", refund["notify_url"], told, None
    except PayError as error:
        raise CannotAttack(error.message) from error
    return "TRANSACTION.SUCCESS", trade["notify_url"], notifications.as_if_paid(world, trade), None


def _body(world: World, event_type: str, told: Resource, recorded: Any) -> bytes:
    if recorded is not None and recorded["sent_body"]:
        return recorded["sent_body"].encode()
    now = world.clock.now()
    return to_bytes(envelope.wrap(numbers.event_id(), now, event_type, told, world.config.api_v3_key))


def _send(world: World, kind: str, url: str, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    status, body = world.delivery.send(url, headers, content, f"attack {kind}")
    return {"status": status, "body": body}


def _more(told: Resource, fen: int) -> None:
    names = ("refund", "payer_refund") if "out_refund_no" in told else ("total", "payer_total")
    for name in names:
        told["amount"][name] += fen


def _state(told: Resource, state: str) -> None:
    told["refund_status" if "out_refund_no" in told else "trade_state"] = state
