"""The admin console as somebody at a browser uses it: logs in, looks at pages, sends their forms with token and key."""

import html
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx

from backend.commands._client import NOT_NOW, PATIENCE, Unanswered, new_key
from backend.infra.clock import ticks

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
_TOAST = re.compile(r'class="toast toast-(good|bad|warn|info)".*?<span>(.*?)</span>', re.S)
PAUSE = 0.3


class ConsoleSaysNo(Exception):
    """The page came back with a refusal, or there is no such page for this person."""


class Console:
    """One member of staff, logged in. A lost answer is asked again with the same key, so it has its effect once."""

    def __init__(self, base_url: str, login: str, password: str) -> None:
        self._http = httpx.Client(base_url=base_url, trust_env=False, follow_redirects=True, timeout=20)
        page = self._ask("POST", "/admin/login", self._with_token("/admin/login", {
            "login": login, "password": password, "next": "/admin/"}))
        if "/admin/login" in str(page.url):
            raise ConsoleSaysNo(f"{login} cannot log in")

    def look(self, path: str) -> str:
        """A page's HTML; ConsoleSaysNo when this person may not see it."""
        return self._ask("GET", path).text

    def send(self, path: str, form: Mapping[str, Any], *, at: str, files: Any = None, key: str | None = None) -> str:
        """Send the form of the page `at` to `path`; what the console says of it. ConsoleSaysNo with the refusal."""
        sent = self._with_token(at, {"idempotency_key": key or new_key(), **form})
        page = self._ask("POST", path, sent, files)
        said = [(tone, html.unescape(re.sub(r"<[^>]+>", "", text)).strip()) for tone, text in _TOAST.findall(page.text)]
        bad = [text for tone, text in said if tone == "bad"]
        if bad:
            raise ConsoleSaysNo("; ".join(bad))
        return "; ".join(text for _, text in said)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _with_token(self, page: str, form: Mapping[str, Any]) -> dict[str, Any]:
        found = _TOKEN.search(self.look(page))
        if found is None:
            raise ConsoleSaysNo(f"{page} has no form")
        return {"csrf_token": found[1], **form}

    def _ask(self, method: str, path: str, form: Mapping[str, Any] | None = None, files: Any = None) -> httpx.Response:
        give_up_at = ticks() + PATIENCE
        while True:
            try:
                answer = self._http.request(method, path, data=form, files=files)
            except httpx.TransportError as lost:
                problem = f"{type(lost).__name__}: {lost}"
            else:
                if answer.status_code not in NOT_NOW:
                    break
                problem = str(answer.status_code)
            if ticks() + PAUSE > give_up_at:
                raise Unanswered(f"{method} {path} got no answer: {problem}")
            time.sleep(PAUSE)
        if answer.status_code >= 400 and "/admin/login" not in path:
            raise ConsoleSaysNo(f"{method} {path}: {answer.status_code}")
        return answer
