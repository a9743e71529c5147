"""`doctor` on what is outside: WeChat can be reached, the clocks agree, the web answers."""

from email.utils import parsedate_to_datetime

import httpx

from backend.commands import _welcome
from backend.commands._check_stores import skew
from backend.commands._findings import Finding, Level
from backend.infra.clock import make_clock, real_now
from backend.infra.settings import Settings


def clock(settings: Settings) -> list[Finding]:
    """The shop's clock, and how far it was moved."""
    ahead = make_clock(settings.clock).now() - real_now()
    if abs(ahead.total_seconds()) < 1:
        return [Finding("ok", "clock", "the shop's clock is this machine's")]
    return [Finding("ok", "clock", f"the shop's clock was moved by {ahead.total_seconds() / 86400:+.2f} days")]


def wechat(settings: Settings, required: bool) -> list[Finding]:
    """Both platforms answer within 3 s (any answer will do) and share our clock; silence fails only if `required`."""
    found = []
    for url, name in ({settings.pay_url: "WeChat Pay"} | {settings.wechat_url: "WeChat"}).items():
        try:
            answer = httpx.get(url, timeout=3)
        except httpx.HTTPError as problem:
            level: Level = "fail" if required else "warn"
            cure = "Check the way out: DNS, firewall, proxy"
            found.append(Finding(level, "wechat", f"{name} at {url} is silent ({type(problem).__name__})", cure))
            continue
        found.append(Finding("ok", "wechat", f"{name} at {url} answers"))
        if "date" in answer.headers:
            found.append(skew(name, parsedate_to_datetime(answer.headers["date"])))
    return found


def web(port: int) -> list[Finding]:
    """The web process answers, and says of itself that it is healthy and ready."""
    found = []
    for path in ("/healthz", "/readyz"):
        status = _welcome.status(port, path)
        if status is None:
            return [Finding("fail", "web", f"nothing answers on port {port}", "Start it: python3 -m backend api")]
        if status == 200:
            found.append(Finding("ok", "web", f"{path} says 200"))
        else:
            found.append(Finding("fail", "web", f"{path} says {status}", f"Read what it answers: GET {path}"))
    return found
