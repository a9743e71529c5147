"""Shipping in bulk: batches from a sheet with a result for every line, and what WeChat would not hear of."""

import json
import re
from typing import Any

from flask import redirect, request

from admin.base import Page, attempt, client_key, expose, needs
from admin.filters import clean
from admin.gate import context, takes_files
from admin.menu import TRADE
from admin.words import language, say
from backend.fulfilment.sheet import Problem, Shipment, read_shipments, shipment_of
from backend.infra.sheets import Sheet
from backend.kernel.errors import Refused
from backend.queries.order_desk import stuck_uploads
from backend.queries.parcels import courier_name
from backend.usecases.batch_ship import KNOWN, SHIPPED, Result, batch_ship
from backend.usecases.retry_shipping_upload import retry_shipping_upload

SLICE = 200
"""So many parcels are shipped in one request; the page goes on by itself."""
LARGEST = 20 * 2**20
TOLD = ("lines", "order", "courier", "number", "outcome", "order_id", "why")
ID = re.compile(r"ord_[0-9A-Z]{26}")


class BatchShip(Page):
    """Parcels from a warehouse's sheet."""

    title, permission, category = say("批量发货", "Batch shipping"), "orders.ship", TRADE
    icon, endpoint = "upload", "batch-ship"

    @expose("/")
    def index(self) -> Any:
        """The form."""
        return self.render("shipping/batch.html", checked=None, sentence="")

    @expose("/check/", methods=("POST",))
    @needs("orders.ship")
    @takes_files(LARGEST)
    def look_over(self) -> Any:
        """Read the sheet and rehearse its first parcels; nothing is shipped."""
        try:
            shipments, problems = self._read()
        except Refused as refused:
            return self.render("shipping/batch.html", checked=None, sentence=refused.sentence(language()))
        rehearsed = batch_ship(context(), shipments=shipments[:SLICE], dry_run=True)
        return self.render(
            "shipping/batch.html", sentence="", checked=[told(each) for each in rehearsed], rest=max(len(shipments) - SLICE, 0),
            good=sum(each.outcome == SHIPPED for each in rehearsed), known=sum(each.outcome == KNOWN for each in rehearsed),
            problems=[said(each) for each in problems], waiting=dump(shipments))

    def _read(self) -> tuple[list[Shipment], list[Problem]]:
        file = request.files.get("file")
        if file is None or not file.filename:
            return read_shipments(iter(()))
        with Sheet(file.stream) as sheet:
            return read_shipments(iter(sheet))

    @expose("/run/", methods=("POST",))
    @needs("orders.ship")
    @takes_files(LARGEST)
    def run(self) -> Any:
        """Ship the next parcels; what is left goes back into the page's form. Sending it twice ships nothing twice."""
        waiting, bad = load(request.form.get("waiting", "")), earlier(request.form.get("bad", ""))
        done, known = (count(name) for name in ("done", "known"))
        results = batch_ship(context(), shipments=waiting[:SLICE])
        bad += [told(each) for each in results if each.refused is not None]
        done += sum(each.outcome == SHIPPED for each in results)
        known += sum(each.outcome == KNOWN for each in results)
        return self.render("shipping/result.html", done=done, known=known, bad=bad[:5000], left=len(waiting[SLICE:]),
                           waiting=dump(waiting[SLICE:]), bad_text=json.dumps(bad[:5000], ensure_ascii=False))


class StuckUploads(Page):
    """Orders of which WeChat does not know what left."""

    title, permission, category = say("微信发货失败", "Not told to WeChat"), "orders.view", TRADE
    icon, endpoint = "alert", "stuck-uploads"

    @expose("/")
    def index(self) -> Any:
        """The list: failed ones, or those given up."""
        given_up = request.args.get("given_up") == "1"
        rows = stuck_uploads(context(), given_up=given_up, after=clean(request.args.get("after", "")) or "~")
        return self.render("shipping/stuck.html", rows=rows, given_up=given_up, may=context().actor.may("orders.ship"))

    @expose("/<id:order_id>/retry/", methods=("POST",))
    @needs("orders.ship")
    def retry(self, order_id: str) -> Any:
        """Have WeChat told once more."""
        attempt(retry_shipping_upload, order_id=order_id, key=client_key(), done=say("已重新提交。", "It is tried again."))
        return redirect(self.get_url(".index"), 303)


def told(result: Result) -> dict[str, Any]:
    """A result as the page shows it."""
    shipment = result.shipment
    return {"lines": "、".join(str(line) for line in shipment.lines[:5]), "order": shipment.order_number,
            "courier": courier_name(shipment.courier, language()), "number": shipment.number, "outcome": result.outcome,
            "order_id": result.order_id or "",
            "why": result.refused.sentence(language()) if result.refused else ""}


def said(problem: Problem) -> tuple[int, str]:
    """A line that cannot be read, and why."""
    return problem.line, problem.refused.sentence(language())


def dump(shipments: list[Shipment]) -> str:
    """Parcels that wait, as the page's form carries them."""
    return json.dumps([[each.lines, each.order_number, each.courier, each.number, each.items] for each in shipments],
                      ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> list[Shipment]:
    """Parcels from the page's form; what is none is left out."""
    found = (shipment_of(each) for each in loads(text, list)[:5000])
    return [each for each in found if each is not None]


def earlier(text: str) -> list[dict[str, str]]:
    """What `told` said of parcels that were refused before, from the page's form."""
    found = [{name: str(each.get(name, ""))[:200] for name in TOLD} for each in loads(text, list) if isinstance(each, dict)]
    return [each | {"order_id": each["order_id"] if ID.fullmatch(each["order_id"]) else ""} for each in found]


def loads(text: str, kind: type[list[Any]]) -> list[Any]:
    """JSON of that kind, or an empty one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return kind()
    return value if isinstance(value, kind) else kind()


def count(name: str) -> int:
    """A number of the form; nonsense is 0."""
    return request.form.get(name, 0, type=int) or 0
