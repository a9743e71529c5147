"""Stock, SKU by SKU: what lies there, what runs low, why it is so, and what the SKU cost and sold for."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request
from markupsafe import Markup

from admin.audit import actors, short
from admin.base import EVERYBODY, Asked, Button, ReadOnlyView, action, attempt, client_key, export_buttons, expose, needs
from admin.catalogue import Hidden, thumb
from admin.filters import clean
from admin.formats import badge, plain, shown
from admin.gate import context, member
from admin.menu import GOODS
from admin.words import say
from backend.catalog.models import Sku
from backend.infra.keyset import Leaf
from backend.queries.deals import price_history
from backend.queries.goods_history import price_changes, sku_journal
from backend.queries.stock_list import TABS, Kept, stock_list
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_stock import Counted, change_stock
from backend.usecases.set_low_stock import set_low_stock

TAB_WORDS = {"all": say("全部", "All"), "low": say("低库存", "Low stock"), "out": say("已售罄", "Sold out")}
KINDS = {
    "opening": (say("期初", "Opening"), "plain"), "adjust": (say("调整", "Adjusted"), "info"),
    "reserve": (say("下单占用", "Reserved"), "warn"), "release": (say("释放占用", "Released"), "plain"),
    "ship": (say("出库", "Shipped"), "good"), "restock": (say("退货入库", "Restocked"), "good"),
}
assert set(TAB_WORDS) == set(TABS)
REASONS = (say("到货入库", "Goods arrived"), say("盘点", "Stocktake"), say("破损报废", "Damaged"), say("样品领用", "Samples"),
           say("调拨", "Moved elsewhere"))
MOST_DIGITS = 9


def _sku(row: Kept) -> Markup:
    options = " / ".join(row.options.values())
    return Markup('<span class="goods">{}<span><b>{}</b><small class="muted">{}{}</small></span></span>').format(
        thumb(row.picture), plain(row.title), plain(row.code), plain(f" · {options}") if options else "")


def _available(row: Kept) -> Any:
    tone = "bad" if row.available <= 0 else "warn" if row.low else ""
    return badge(f"{row.available:,}", tone) if tone else f"{row.available:,}"


def _line(row: Kept) -> Any:
    default = say("默认 {count}", "default {count}").format(count=context().shop.low_stock_at)
    return Markup('<span class="small">{}</span>').format(default) if row.low_at is None else f"{row.low_at:,}"


def _whole(text: str) -> int | None:
    """A whole number as somebody typed it, or None."""
    digits = text.strip().lstrip("+-")
    fits = digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS and len(text.strip()) - len(digits) <= 1
    return int(text) if fits else None


class Stock(ReadOnlyView):
    """Every SKU that is for sale, with its level."""

    title, permission, category, icon, endpoint = say("库存", "Stock"), "goods.view", GOODS, "layers", "stock"
    model, scope = Sku, EVERYBODY
    lead = say("现货是货架上的实物；占用是已下单未发出的；可售 = 现货 − 占用。",
               "On hand lies on the shelf; reserved is ordered and not sent yet; available is the difference.")
    columns = {
        "sku": say("规格", "SKU"), "on_hand": say("现货", "On hand"), "reserved": say("占用", "Reserved"),
        "available": say("可售", "Available"), "low_at": say("预警线", "Low at"),
    }
    column_default_sort = ("id", True)
    search_contains, search_hint = ("code",), say("商品名称或编码", "Title or SKU code")
    filters = (Hidden("tab", ""),)
    sheet = "stock"
    column_formatters = {"sku": shown(_sku), "available": shown(_available), "low_at": shown(_line)}
    empty = say("没有库存记录，先新建商品", "No stock yet: make a product first")
    list_template = "stock/list.html"

    def fetch(self, asked: Asked) -> Leaf:
        tab = asked.filters.get("tab", "all")
        return stock_list(context(), q=asked.search[:64], tab=tab if tab in TABS else "all", turn=asked.turn,
                          limit=asked.size)

    def row_key(self, row: Any) -> Any:
        return row.id

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        now = asked.filters.get("tab", "all")
        return [(words, self.get_url(".index_view", **asked.query(tab=None if tab == "all" else tab)), tab == now, None)
                for tab, words in TAB_WORDS.items()]

    def sheet_filters(self, asked: Asked) -> Mapping[str, str] | None:
        """Low stock is what has come to its line, or to the shop's."""
        low_line = str(context().shop.low_stock_at)
        tabs = {"all": {}, "low": {"low_line": low_line}, "out": {"low_line": low_line, "low": "0"}}
        return None if asked.search else tabs.get(asked.filters.get("tab", "all"))

    def header_buttons(self) -> Sequence[Button]:
        by_file = say("按文件盘点 / 入库", "Count or add by file")
        return (Button(by_file, self.get_url("admin_counts.index"), "stock.edit", icon="upload"),)

    def buttons(self, row: Kept) -> Sequence[Button]:
        return (Button(say("流水与调整", "Journal"), self.get_url(".details_view", row_id=row.id)),)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """The journal of a SKU, with the forms that change its level and its line."""
        return self._journal(row_id)

    @expose("/<id:row_id>/prices/")
    def prices(self, row_id: str) -> Any:
        """Prices that staff set, and what the SKU was really sold for."""
        sku, changes = price_changes(context(), sku_id=row_id)
        deals = price_history(context(), sku_id=row_id)
        return self.render("stock/prices.html", sku=sku, changes=changes, deals=deals[::-1],
                           most=max((each.highest_fen for each in deals), default=0), actors=actors())

    @expose("/<id:row_id>/adjust/", methods=("POST",))
    @needs("stock.edit")
    def adjust(self, row_id: str) -> Any:
        """Add to or take from what lies there, or say what was counted, with a reason."""
        form, key = request.form, client_key()
        number, was = _whole(form.get("quantity", "")), _whole(form.get("was", ""))
        reason = form.get("reason", "")
        if number is None or (form.get("mode") == "set" and (was is None or number < 0)):
            return self._journal(row_id, error=str(say("请填写数量（整数）。", "Please give a whole number of pieces."))), 422
        if form.get("mode") == "set":
            result = attempt(change_stock, quiet=True, changes=[Counted(row_id, number - (was or 0), was)], reason=reason, key=key)
            if result and result.value.moved:
                said = say("盘点期间库存有变动，没有修改。请按最新的现货数重新盘点。",
                           "Goods came or left since you counted; nothing was changed. Please count again.")
                return self._journal(row_id, error=str(said)), 409
            if result and result.value.short:
                said = say("盘点数少于已被订单占用的数量，没有修改。请先处理相关订单。",
                           "That is less than orders were promised; nothing was changed. Please look after those orders first.")
                return self._journal(row_id, error=str(said)), 409
        else:
            change = -number if form.get("mode") == "take" else number
            result = attempt(adjust_stock, quiet=True, sku_id=row_id, change=change, reason=reason, key=key)
        if not result:
            assert result.refused is not None
            at = "reason" if result.refused.code == "reason_needed" else "quantity"
            return self._journal(row_id, error=result.sentence, at=at), 409
        return self._said(row_id, say("库存已修改。", "The stock was changed."))

    @expose("/<id:row_id>/line/", methods=("POST",))
    @needs("stock.edit")
    def line(self, row_id: str) -> Any:
        """From how few on it runs low; empty: as the shop's setting says."""
        text = request.form.get("low_at", "").strip()
        low_at = _whole(text) if text else None
        if text and low_at is None:
            error = str(say("请填写数量（整数）。", "Please give a whole number of pieces."))
            return self._journal(row_id, error=error, at="low_at"), 422
        result = attempt(set_low_stock, quiet=True, sku_ids=[row_id], low_at=low_at)
        if not result:
            return self._journal(row_id, error=result.sentence, at="low_at"), 422
        return self._said(row_id, say("预警线已保存。", "The line was saved."))

    @action("lines", say("改预警线", "Set low-stock line"))
    @needs("stock.edit")
    def lines(self, ids: Sequence[str]) -> None:
        """The same line for all chosen."""
        text = request.form.get("low_at", "").strip()
        low_at = _whole(text) if text else None
        if text and low_at is None:
            attempt(set_low_stock, sku_ids=ids, low_at=-1)
            return
        said = say("已修改 {count} 个规格的预警线。", "The line of {count} SKUs was changed.")
        attempt(set_low_stock, sku_ids=ids, low_at=low_at, done=lambda count: said.format(count=count))

    def _said(self, row_id: str, words: Any) -> Any:
        flash(str(words), "good")
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    def _journal(self, row_id: str, error: str = "", at: str = "quantity") -> str:
        """The page, with what was wrong beside the field `at`."""
        journal = sku_journal(context(), sku_id=row_id, before=clean(request.args.get("before", "")) or "~")
        return self.render(
            "stock/journal.html", sheets=export_buttons("stock_moves", {"sku_id": row_id}), journal=journal, sku=journal.sku,
            kinds=KINDS, reasons=REASONS, actors=actors(), wrong={at: error} if error else {}, short=short,
            may_edit=journal.ours and member().actor.may("stock.edit"), default_line=context().shop.low_stock_at)
