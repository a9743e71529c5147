"""A whole shop in a test: real HTTP, real wxsim, real Valkey, real RQ jobs, on either database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from werkzeug.serving import WSGIRequestHandler, make_server

from backend import worker
from backend.app import create_app, runtime
from backend.infra.clock import FileClock
from backend.infra.db import db
from backend.infra.settings import Settings
from backend.kernel.actors import SYSTEM
from backend.kernel.ids import human_code
from miniprogram_api import register
from tests.conftest import make_settings
from tests.wxsim_server import Wxsim, start_wxsim


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_request(self, *args: Any) -> None:
        pass


@dataclass
class Visitor:
    """Somebody with a phone: calls the API as the mini-program does."""

    live: "Live"
    name: str
    token: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20, trust_env=False))

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, status: int | None = None) -> Any:
        """One API call; the status must be as expected (any 2xx unless given). Returns the JSON, None when there is none."""
        headers = {"Idempotency-Key": key or human_code(20)} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        answer = self.http.request(method, f"{self.live.url}/api/v1{path}", json=body, headers=headers)
        good = answer.is_success if status is None else answer.status_code == status
        assert good, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def log_in(self) -> "Visitor":
        self.token = self.call("POST", "/session", {"code": self.live.wxsim.login_code(self.name)})["token"]
        return self

    def address(self) -> str:
        return self.call("POST", "/addresses", {"name": "李雷", "phone": "13800138000", "region_code": "110105",
                                                "detail": "建国路 1 号"})["id"]

    def order(self, items: list[tuple[str, int]], address_id: str) -> dict[str, Any]:
        lines = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in items]
        total = self.call("POST", "/checkout/preview", {"items": lines})["total_fen"]
        return self.call("POST", "/orders", {"items": lines, "address_id": address_id, "shown_total_fen": total})

    def pay(self, order_id: str) -> dict[str, Any]:
        """Open the cashier and pay; what wxsim answered."""
        params = self.call("POST", f"/orders/{order_id}/payment")["params"]
        return self.live.wxsim.pay(self.name, params)

    def state(self, order_id: str) -> str:
        return self.call("GET", f"/orders/{order_id}")["state"]


@dataclass
class Live:
    """The running shop of one test."""

    app: Flask
    url: str
    wxsim: Wxsim
    clock: FileClock
    redis: Redis

    def visitor(self, name: str = "li") -> Visitor:
        return Visitor(self, name).log_in()

    def work(self) -> int:
        """Let relay and worker do everything that is due, and WeChat tell all it has to; returns how much was queued."""
        relay = worker.Relay(self.app, worker.make_queue(self.redis))
        done = 0
        while queued := relay.turn():
            done += queued
            SimpleWorker([relay.queue], connection=self.redis, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
            self.wxsim.settled()
        return done

    def ctx(self, actor: Any = SYSTEM) -> Any:
        return runtime(self.app).context(actor)


@contextmanager
def closing_process(wxsim: Wxsim) -> Iterator[None]:
    """Stop wxsim afterwards, whatever happens."""
    try:
        yield
    finally:
        wxsim.stop()


@pytest.fixture
def live(tmp_path: Path, database_url: str, clock: FileClock, valkey_url: str) -> Iterator[Live]:
    """The shop behind a real HTTP server; wxsim shares its clock."""
    wxsim = start_wxsim(tmp_path)
    with closing_process(wxsim):
        key_file = tmp_path / "merchant.pem"
        key_file.write_text(wxsim.merchant_private_key)
        public_file = tmp_path / "platform.pem"
        public_file.write_text(wxsim.platform_public_key)
        server: Any = None
        app_box: list[Flask] = []
        server = make_server("127.0.0.1", 0, lambda environ, start: app_box[0](environ, start), threaded=True,
                             request_handler=Quiet)
        url = f"http://127.0.0.1:{server.server_port}"
        settings: Settings = make_settings(
            tmp_path, database_url, redis_url=valkey_url, wechat_appid=wxsim.appid, wechat_app_secret=wxsim.app_secret,
            wechat_url=wxsim.url, pay_url=wxsim.url, pay_mchid=wxsim.mchid, pay_serial=wxsim.merchant_serial,
            pay_private_key_file=key_file, pay_api_v3_key=wxsim.api_v3_key,
            pay_public_keys=f"{wxsim.platform_public_key_id}={public_file}", public_url=url, log_level="ERROR")
        app = create_app(settings)
        register(app)
        app_box.append(app)
        worker.use_app(app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        redis = worker.connect(settings)
        redis.flushdb()
        with app.app_context():
            yield Live(app, url, wxsim, clock, redis)
            server.shutdown()
            thread.join()
            server.server_close()
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def rows_of(live: Live) -> Callable[..., list[dict[str, Any]]]:
    """`rows_of("select …")` on the running shop."""

    def query(statement: str, **params: Any) -> list[dict[str, Any]]:
        with db.engines["read"].connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql(statement, params or None).mappings()]

    return query
