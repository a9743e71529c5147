"""Takes pictures of the console's main screens in headless Chromium, on a desktop and on a phone, for the README and for eyes."""

import argparse
import io
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

from backend.commands import _running
from backend.commands._folder import Refused
from backend.commands._programs import ROOT
from backend.demo.staff import PASSWORD, STAFF

try:
    from playwright.sync_api import sync_playwright
except ImportError:  # for developers only; nothing else needs it
    sync_playwright = None

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENS = {
    "front": "/admin/", "orders": "/admin/orders/", "order": "/admin/orders/ >", "hand-over": "/admin/hand-over/",
    "aftersales": "/admin/aftersales/", "tickets": "/admin/tickets/", "reviews": "/admin/reviews/",
    "goods": "/admin/goods/", "stock": "/admin/stock/", "members": "/admin/members/", "bills": "/admin/bills/",
    "jobs": "/admin/jobs/", "settings": "/admin/settings/", "audit": "/admin/audit/",
}
"""File name → address; with ` >` the first row's own page."""
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
COLOURS = 128
"""A screen of flat colours loses nothing by fewer of them, and its file most of its size."""


def main(argv: list[str]) -> int:
    """0 with every picture taken; refuses with one sentence when there is no browser, no Playwright or no demo shop."""
    parser = argparse.ArgumentParser(prog="python3 -m backend screenshots", description=__doc__)
    parser.add_argument("--to", metavar="DIR", default=str(ROOT / "admin" / "screenshots"), help="folder of the pictures")
    parser.add_argument("--only", nargs="*", choices=sorted(SCREENS), help="only these screens")
    parser.add_argument("--login", default=STAFF[0][0], help="who looks (the demo's owner)")
    parser.add_argument("--password", default=PASSWORD, help="their password (the demo's)")
    parser.add_argument("--browser", metavar="PATH", help="Chromium (found by itself when it is on the PATH)")
    _running.add_arguments(parser)
    given = parser.parse_args(argv)
    running = _running.connect(given)
    assert running is not None
    browser = given.browser or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise Refused("No Chromium was found: install it (on Debian and Ubuntu `apt install chromium fonts-noto-cjk`), "
                      "or name it with --browser.")
    if sync_playwright is None:
        raise Refused("Playwright is not installed: `.venv/bin/pip install playwright==1.65.2`, then start again.")
    folder = Path(given.to)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--lang=zh-CN"])
        for size in SIZES:
            _look(chromium, running.url, given, size, folder)
        chromium.close()
    return 0


def _look(chromium: Any, url: str, given: argparse.Namespace, size: str, folder: Path) -> None:
    """Log in on a screen of this size and take every picture."""
    width, height = SIZES[size]
    page = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.goto(f"{url}/admin/login")
    page.fill("input[name=login]", given.login)
    page.fill("input[name=password]", given.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/admin/")
    for name, address in SCREENS.items():
        if given.only and name not in given.only:
            continue
        path, _, row = address.partition(" ")
        page.goto(f"{url}{path}")
        if row:
            page.goto(url + page.locator(f"tbody a[href^='{path}']").first.get_attribute("href"))
        page.wait_for_load_state("networkidle")
        target = folder / f"{name}-{size}.png"
        image = Image.open(io.BytesIO(page.screenshot()))
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        print(f"{target}{'' if wide <= width else f'  – {wide - width} px too wide'}", flush=True)
