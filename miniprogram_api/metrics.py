"""/metrics for Prometheus: figures from the database, counters of this host's processes; for whoever has the token, else absent.

Figures are the same whichever process answers. Counters are kept by each process in files of `PROMETHEUS_MULTIPROC_DIR` (the
command `api` sets it) and added up here; without it they are those of this process.
"""

import hmac
import os
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from backend.app import runtime
from backend.kernel.actors import SYSTEM
from backend.kernel.errors import Refused
from backend.queries.metrics import Figures, metrics
from miniprogram_api.auth import public

blueprint = Blueprint("metrics", __name__)

ANSWERS = Counter("tuanma_http_answers", "Answers of this host's processes", ["door", "status"])


@blueprint.get("/metrics")
@public
def scrape() -> Response:
    """What a monitor asks for. Without a token in the settings, or with another one, there is no such address."""
    token = runtime(current_app).settings.metrics_token
    if not token or not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        abort(404)
    figures = CollectorRegistry()
    figures.register(_Figures())
    return Response(generate_latest(figures) + generate_latest(_counters()), content_type=CONTENT_TYPE_LATEST)


def count_answers(app: Flask) -> None:
    """Count every answer of the app by door and status."""
    app.after_request(_count)


def _count(answer: Response) -> Response:
    path = request.path
    door = "admin" if path.startswith("/admin") else "callbacks" if path.startswith("/callbacks") else (
        "api" if path.startswith("/api/") else "other")
    ANSWERS.labels(door, str(answer.status_code)).inc()
    return answer


def _counters() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class _Figures:
    """A collector of what the database says now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            yield from _families(metrics(runtime(current_app).context(SYSTEM)))
            up = 1
        except Refused:
            up = 0
        yield GaugeMetricFamily("tuanma_database_up", "1 when the database answers", value=up)


def _families(figures: Figures) -> Iterator[GaugeMetricFamily]:
    faults = GaugeMetricFamily("tuanma_books_faults", "Faults that a check found in its last run", labels=["check"])
    for check, count in figures.faults.items():
        faults.add_metric([check], count)
    exceptions = GaugeMetricFamily("tuanma_money_exceptions_open", "Money exceptions that wait for a person", labels=["kind"])
    for kind, count in figures.exceptions.items():
        exceptions.add_metric([kind], count)
    yield from (faults, exceptions)
    checked = figures.checked_at.timestamp() if figures.checked_at else 0
    for name, says, value in (
            ("tuanma_books_checked_timestamp_seconds", "When the last run of all checks ended; 0: never", checked),
            ("tuanma_books_unjudged", "Checks of the last run that were not judged", figures.unjudged),
            ("tuanma_outbox_due", "Deliveries that are due and not done", figures.backlog.due),
            ("tuanma_outbox_lag_seconds", "For how long the oldest of them has been due", figures.backlog.lag_seconds),
            ("tuanma_deliveries_failing", "Deliveries that failed and are tried again", figures.failing),
            ("tuanma_deliveries_dead", "Deliveries that were given up", figures.backlog.dead),
            ("tuanma_bill_differences_open", "Differences from WeChat's bills that wait for a person", figures.bill_differences),
            ("tuanma_refunds_stuck", "Refunds that WeChat could not pay", figures.stuck_refunds)):
        yield GaugeMetricFamily(name, says, value=value)
