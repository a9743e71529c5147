"""Imports: send a sheet of goods, look at what is wrong with it, say yes, watch it being taken in."""

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request

from admin.base import Button, Page, attempt, client_key, expose, needs
from admin.gate import context, takes_files
from admin.menu import GOODS
from admin.words import language, say
from backend.imports.states import WORDS
from backend.queries.imports import fault_sheet, import_list, import_page
from backend.usecases.cancel_import import cancel_import
from backend.usecases.confirm_import import confirm_import
from backend.usecases.take_import import take_import

MOST_BYTES = 33 * 2**20
LARGEST_STOCK = 10**9
TONES = {"checked": "warn", "checking": "info", "running": "info", "done": "good", "failed": "bad"}
EXAMPLE = "\ufeff商品编码,名称,分类,价格,库存\r\nA-1001,红富士苹果 5 斤装,水果,39.90,120\r\n"


class Imports(Page):
    """Sheets that were sent, newest first."""

    title, permission, category, icon, endpoint = say("批量导入", "Imports"), "goods.edit", GOODS, "upload", "imports"

    @expose("/")
    def index(self) -> Any:
        """Send a sheet, and the list."""
        return self.render("imports/index.html", rows=import_list(context()), words=WORDS, tones=TONES)

    @expose("/new/", methods=("POST",))
    @needs("goods.edit")
    @takes_files(MOST_BYTES)
    def take(self) -> Any:
        """Take a sheet; it is read and checked before anything is written."""
        file, stock = request.files.get("file"), request.form.get("stock_default", "").strip() or "0"
        if file is None or not file.filename or not (stock.isascii() and stock.isdigit() and int(stock) <= LARGEST_STOCK):
            return self._refused(say("请选择文件，默认库存须为整数。", "Please choose a file; the stock must be a whole number."))
        taken = attempt(take_import, kind="products", file=file.stream, file_name=file.filename, stock_default=int(stock),
                        key=client_key())
        return redirect(self.get_url(".details", import_id=taken.value) if taken else self.get_url(".index"), 303)

    def _refused(self, sentence: Any) -> Any:
        page = self.render("imports/index.html", rows=import_list(context()), words=WORDS, tones=TONES, wrong=sentence)
        return Response(page, 422)

    @expose("/<id:import_id>/")
    def details(self, import_id: str) -> Any:
        """One import: how far it is, what is wrong, what can be done."""
        return self.render("imports/details.html", **self._page(import_id))

    @expose("/<id:import_id>/progress/")
    def progress(self, import_id: str) -> Any:
        """The same without the frame, for the page that watches it."""
        return self.render("imports/progress.html", **self._page(import_id))

    def _page(self, import_id: str) -> Mapping[str, Any]:
        page = import_page(context(), import_id=import_id)
        cancel = Button(say("取消导入", "Cancel"), self.get_url(".cancel", import_id=import_id), "goods.edit", post=True,
                        confirm=say("取消这次导入？已写入的行会保留。", "Cancel this import? Rows that are written stay."))
        return {"page": page, "sheet": page.sheet, "words": WORDS, "tones": TONES, "buttons": [cancel] if page.sheet.open else []}

    @expose("/<id:import_id>/confirm/", methods=("POST",))
    @needs("goods.edit")
    def confirm(self, import_id: str) -> Any:
        """Have the good rows written."""
        attempt(confirm_import, import_id=import_id, skip_bad=request.form.get("skip_bad") == "1",
                done=say("已开始导入。", "The rows are being written."))
        return redirect(self.get_url(".details", import_id=import_id), 303)

    @expose("/<id:import_id>/cancel/", methods=("POST",))
    @needs("goods.edit")
    def cancel(self, import_id: str) -> Any:
        """Stop it."""
        attempt(cancel_import, import_id=import_id, done=say("已取消。", "Cancelled."))
        return redirect(self.get_url(".details", import_id=import_id), 303)

    @expose("/<id:import_id>/faults/")
    def faults(self, import_id: str) -> Any:
        """All that is wrong, as a sheet."""
        return download(b"".join(fault_sheet(context(), import_id=import_id, language=language())), f"faults-{import_id}.csv")

    @expose("/example/")
    def example(self) -> Any:
        """A sheet to begin with."""
        return download(EXAMPLE.encode(), "products.csv")


def download(data: bytes, name: str) -> Response:
    """Bytes as a CSV to keep."""
    answer = Response(data, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
