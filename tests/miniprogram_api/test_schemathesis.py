"""schemathesis over the whole OpenAPI document, in-process: whatever it sends, the answers are as documented."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.app import create_app, runtime
from backend.infra.db import db
from backend.kernel.actors import SYSTEM
from miniprogram_api import fields, register, routes
from miniprogram_api.auth import public
from miniprogram_api.door import Door
from miniprogram_api.strict_json import ready
from tests.conftest import make_settings, migrate
from tests.fakes import FakeWorld
from tests.given_goods import given_product
from tests.given_members import given_shopper

schemathesis = pytest.importorskip("schemathesis", reason="has no wheel for this Python")
engine = pytest.importorskip("schemathesis.engine")
events = pytest.importorskip("schemathesis.engine.events")
SchemathesisConfig = pytest.importorskip("schemathesis.config").SchemathesisConfig

DOOR_CODES = ("invalid_fields", "ambiguous_json", "not_json")
CONFIG = """
seed = 20260302
workers = 1
[generation]
mode = "all"
deterministic = true
max-examples = 8
no-shrink = true
[phases.stateful]
max-steps = 4
[phases.stateful.generation]
max-examples = 5
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
[auth.openapi.token]
bearer = "{token}"
# Logging out would end the session under test; test_session.py does it.
[[operations]]
include-name = "DELETE /api/v1/session"
enabled = false
"""


def test_every_operation_answers_as_documented(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'tuanma.db'}"
    migrate(url)
    settings = make_settings(tmp_path, url, requests_per_minute=1_000_000, failed_logins_per_minute=100_000)
    world = FakeWorld()
    app = create_app(settings, world.gateways(settings))
    register(app)
    with app.app_context():
        shopper = given_shopper(app, world)
        given_product(runtime(app).context(SYSTEM), stock=1_000_000)
    config = SchemathesisConfig.from_str(CONFIG.format(token=shopper.token))
    with served(app) as address:
        faults, statuses = run(schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config))

    with app.app_context():
        for each in db.engines.values():
            each.dispose()
    assert not faults, "\n\n".join(faults)
    assert statuses.total() > 500, statuses
    assert not any(status >= 500 for status in statuses), statuses
    assert any(status in statuses for status in (200, 201)), statuses


class Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Not a line for each request."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a free port of this machine: some checks of schemathesis do not work without a socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def run(schema) -> tuple[list[str], Counter[int]]:
    """(what differs from the document, how often each status came)."""
    faults: list[str] = []
    statuses: Counter[int] = Counter()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            faults.append(f"{getattr(event, 'label', '')}: {getattr(event, 'info', None) or event.exception}")
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case_id, interaction in event.recorder.interactions.items():
            statuses[interaction.response.status_code if interaction.response else 0] += 1
            faults += misjudged(event.recorder, case_id)
        for case_id, checks in event.recorder.checks.items():
            faults += [describe(event.recorder, case_id, check) for check in checks if check.failure_info is not None]
    return faults, statuses


def misjudged(recorder, case_id: str) -> list[str]:
    """Data that fit the schema may be refused by a rule of the shop, never as `invalid_fields`."""
    case, response = recorder.cases[case_id].value, recorder.interactions[case_id].response
    if (
        response is None
        or response.status_code != 422
        or case.meta is None
        or case.meta.generation.mode.value != "positive"
    ):
        return []
    code = response.json()["code"]
    return [f"{case.method} {case.formatted_path} {case.body}: {response.text}"] if code in DOOR_CODES else []


def describe(recorder, case_id: str, check) -> str:
    """One difference, with what was sent and what came."""
    case, interaction = recorder.cases[case_id].value, recorder.interactions.get(case_id)
    headers, body = dict(case.headers or {}), str(case.body)[:300]
    sent = f"{case.method} {case.formatted_path} query={case.query} headers={headers} body={body}"
    came = (
        f"{interaction.response.status_code} {interaction.response.text[:300]}"
        if interaction and interaction.response
        else "-"
    )
    failure = check.failure_info.failure
    return f"{check.name}: {failure.title}\n  {sent}\n  {came}\n  {failure.message[:400]}"


def test_an_answer_that_is_not_as_documented_is_found(tmp_path: Path, monkeypatch):
    lying = Door("lies", "A route that does not keep its word.")

    @lying.route("/lie", methods=["GET"])
    @lying.response(200, fields.PageQuery)
    @public
    def lie():
        return ready({"limit": "many", "secret": True})

    monkeypatch.setattr(routes, "API", (lying,))
    settings = make_settings(tmp_path, f"sqlite:///{tmp_path / 'tuanma.db'}")
    app = create_app(settings, FakeWorld().gateways(settings))
    register(app)
    with served(app) as address:
        config = SchemathesisConfig.from_str(CONFIG.format(token="x" * 43))
        faults, _ = run(schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config))
    assert any("response_schema_conformance" in fault for fault in faults)
