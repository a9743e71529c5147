"""Given staff: people of the merchant's who logged in to the console as everybody does, with a browser to act in."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import SYSTEM, staff
from backend.usecases.create_staff import create_staff

PASSWORD = "a long enough pass phrase"
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
KEY = re.compile(r'name="idempotency_key" value="([\w-]+)"')


@dataclass
class Browser:
    """A browser on the console. `post` carries the token and the key of a form it has seen, as a person's would."""

    app: Flask
    client: FlaskClient
    staff_id: str = ""
    seen: list[TestResponse] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> TestResponse:
        """Look at a page."""
        self.seen.append(self.client.get(path, **more))
        return self.seen[-1]

    def token(self) -> str:
        """The token that this browser's forms carry now."""
        page = "/admin/profile/password/" if self.staff_id else "/admin/login"
        found = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        assert found is not None
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, *, follow: bool = True, **more: Any) -> TestResponse:
        """Send a form from a page of the console: with its token, and a fresh key unless `data` has one."""
        sent = {"csrf_token": self.token(), "idempotency_key": runtime_key()} | (data or {})
        return self.client.post(path, data=sent, follow_redirects=follow, **more)

    def post_bare(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form as another site would: without a token."""
        return self.client.post(path, data=data or {}, **more)

    @property
    def session(self) -> str:
        """The log-in's token, as the cookie carries it; empty when there is none."""
        cookie = self.client.get_cookie("tuanma_staff", path="/admin")
        return cookie.value if cookie else ""


def runtime_key() -> str:
    """A fresh idempotency key."""
    runtime_key.count += 1  # type: ignore[attr-defined]
    return f"key-of-a-form-{runtime_key.count:08}"  # type: ignore[attr-defined]


runtime_key.count = 0  # type: ignore[attr-defined]


def made_up(rule: str, name: str = "xxx_1") -> str:
    """An address that fits a rule: its first choice where it has some, else a name of nothing."""
    return re.sub(r"<[^>]+>", name, re.sub(r"<any\((\w+)[^>]*>", r"\1", rule))


def system(app: Flask) -> Context:
    """A Context of this moment, acting as the system."""
    return runtime(app).context(SYSTEM)


def given_staff(app: Flask, login: str, *roles: str, scope: str = "head_office", scope_id: str | None = None) -> str:
    """An active member of staff with these roles; returns the id. The password is PASSWORD."""
    return create_staff(system(app), login=login, name=login, roles=roles, scope=scope, scope_id=scope_id, password=PASSWORD,
                        must_change_password=False).staff_id


def browser(app: Flask) -> Browser:
    """A browser that has seen nothing yet."""
    return Browser(app, app.test_client())


def logged_in(app: Flask, login: str, password: str = PASSWORD) -> Browser:
    """A browser in which `login` has logged in through the page."""
    fresh = browser(app)
    answer = fresh.post("/admin/login", {"login": login, "password": password, "next": "/admin/"}, follow=False)
    assert answer.status_code == 303, answer.text
    fresh.staff_id = login
    return fresh


def as_staff(app: Flask, staff_id: str, *permissions: str) -> Context:
    """A Context of this moment acting as this member of staff with these permissions."""
    return runtime(app).context(staff(staff_id, permissions))
