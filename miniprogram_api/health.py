"""Health: /healthz for load balancers (is this process of use), /readyz for people and monitors (do all parts work)."""

from flask import Blueprint, Response, current_app
from redis import Redis
from redis.exceptions import RedisError

from backend.app import runtime
from backend.infra.settings import Settings
from backend.kernel.errors import Refused
from backend.queries import readiness
from miniprogram_api.auth import context, public
from miniprogram_api.errors import problem
from miniprogram_api.strict_json import ready

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """200 as soon as the shop is set up: where a ready file is configured, once it exists. Asks nobody else."""
    ready_file = runtime(current_app).settings.ready_file
    if ready_file is not None and not ready_file.exists():
        return problem(503, "starting", "商城正在准备中。", headers={"Retry-After": "1"})
    return ready({"status": "ok"})


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """200 if database, Redis and outbox work; else 503 and `details` says which part does not.

    A replica that does not answer, or is far behind, is told of and breaks nothing: the primary answers in its place.
    """
    ctx = context()
    parts: dict[str, object] = {"redis": _redis(ctx.settings), "replica": readiness.replica_state()}
    try:
        backlog = readiness.outbox_backlog(ctx)
        parts |= {
            "database": "ok",
            "outbox": "ok" if backlog.healthy else "late",
            "outbox_due": backlog.due,
            "outbox_lag_seconds": backlog.lag_seconds,
            "outbox_dead": backlog.dead,
        }
    except Refused:
        parts |= {"database": "down", "outbox": "unknown"}
    broken = [name for name in ("database", "redis", "outbox") if parts[name] not in ("ok", "none")]
    if broken:
        return problem(503, "not_ready", f"未就绪：{'、'.join(broken)}。", parts | {"broken": broken})
    return ready({"status": "ok"} | parts)


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        return "none"
    client = Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
        return "ok"
    except RedisError:
        return "down"
    finally:
        client.close()
