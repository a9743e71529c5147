"""The notification as it goes over the wire: sealed, wrapped and signed."""

import json
import sqlite3
from typing import Any

from wxsim import numbers
from wxsim.answers import signature_headers, to_bytes
from wxsim.clock import rfc3339
from wxsim.keys import Signer
from wxsim.notifications import summary
from wxsim.signing import random_text, seal
from wxsim.world import World

OLD_API_KEY = b"an-API-v3-key-of-years-gone-by.."


def content_of(world: World, notification: sqlite3.Row) -> bytes:
    """The body: the same for every attempt once it has been sent."""
    if notification["sent_body"]:
        return notification["sent_body"].encode()
    habits = json.loads(notification["habits"])
    resource = json.loads(notification["resource"])
    if habits.get("unknown_field"):
        resource["a_field_of_next_year"] = {"value": [1, 2]}
    key = OLD_API_KEY if habits.get("old_api_key") else world.config.api_v3_key
    body = wrap(notification["id"], notification["made_at"], notification["event_type"], resource, key)
    if habits.get("unknown_field"):
        body["another_field_of_next_year"] = True
    return to_bytes(body)


def wrap(event_id: str, at: float, event_type: str, resource: dict[str, Any], api_v3_key: bytes) -> dict[str, Any]:
    """The callback's JSON with `resource` sealed in it."""
    kind = "refund" if event_type.startswith("REFUND.") else "transaction"
    plain = json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
    return {
        "id": event_id,
        "create_time": rfc3339(at),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": summary(event_type),
        "resource": {"original_type": kind, **seal(api_v3_key, plain, kind)},
    }


def headers_of(world: World, notification: sqlite3.Row, content: bytes) -> dict[str, str]:
    """Freshly signed headers for this attempt."""
    habits = json.loads(notification["habits"])
    signer = _signer(world, habits.get("key"))
    return signed_headers(signer, content, world.clock.now() + habits.get("skew", 0.0))


def signed_headers(signer: Signer, content: bytes, at: float) -> dict[str, str]:
    """All headers of a notification, signed at `at`."""
    return {
        "Content-Type": "application/json",
        "Accept": "*/*",
        "User-Agent": "Mozilla/4.0",
        "Request-ID": numbers.request_id(0),
        **signature_headers(signer, content, at),
    }


def probe_headers(world: World, content: bytes) -> dict[str, str]:
    """Headers of a SIGNTEST probe: deliberately not a signature."""
    headers = signed_headers(world.keys.public, content, world.clock.now())
    headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + random_text(325)
    return headers


def _signer(world: World, name: str | None) -> Signer:
    if name == "certificate":
        return world.keys.certified()
    return world.keys.stranger if name == "stranger" else world.keys.public
