"""Goods: the list, the form of a product with its SKUs, its page as shoppers see it, and the tree of categories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from admin.base import EVERYBODY, Asked, Attempt, Button, Page, ReadOnlyView, action, attempt, client_key, expose, needs
from admin.filters import Choice, Filter, Yuan
from admin.formats import NOTHING, badge, badges, plain, shown, yuan
from admin.gate import context, member
from admin.log_in import local
from admin.menu import GOODS
from admin.product_form import WAYS, Draft, SkuRow, drafted, moment, place, published, read, sentences, typed
from admin.words import say
from backend.catalog.models import Product
from backend.infra.keyset import Leaf
from backend.kernel.errors import Refused
from backend.kernel.money import parse_yuan
from backend.queries.goods_form import GoodsForm, goods_form
from backend.queries.goods_list import TABS, Listed, Wanted, goods_list
from backend.queries.product_page import product_preview
from backend.queries.shelves import category_names, shelves
from backend.usecases.arrange_categories import arrange_categories
from backend.usecases.create_product import create_product
from backend.usecases.edit_product import edit_product
from backend.usecases.save_category import save_category
from backend.usecases.set_on_shelf import set_on_shelf

STATES = {
    "on_sale": (say("在售", "On sale"), "good"),
    "sold_out": (say("售罄", "Sold out"), "bad"),
    "scheduled": (say("定时上架", "Scheduled"), "info"),
    "off_shelf": (say("已下架", "Off shelf"), "plain"),
}
TAB_WORDS = {
    "all": say("全部", "All"), "on_sale": say("出售中", "On sale"), "off_shelf": say("仓库中", "Off shelf"),
    "sold_out": say("已售罄", "Sold out"), "low": say("低库存", "Low stock"), "scheduled": say("定时上架", "Scheduled"),
}
assert set(TAB_WORDS) == set(TABS)


LAST = 999
"""Where a new category stands: behind all that were put into an order."""


class Hidden(Filter):
    """A filter that tabs set; the bar only carries it along."""

    kind = "hidden"


def picture_url(key: str, size: int = 160) -> str:
    """Where a picture of the shop lies."""
    return f"/api/v1/pictures/{key}?size={size}"


def thumb(key: str | None) -> Markup:
    """A small picture, or an empty square."""
    if not key:
        return Markup('<span class="thumb thumb-none"></span>')
    return Markup('<img class="thumb" src="{}" alt="" loading="lazy" width="44" height="44">').format(picture_url(key))


def range_of(lowest: int | None, highest: int | None) -> Any:
    """`¥1.00` or `¥1.00 – ¥2.00`."""
    if lowest is None:
        return NOTHING
    return yuan(lowest) if highest is None or highest == lowest else f"{yuan(lowest)} – {yuan(highest)}"


def _title(row: Listed) -> Markup:
    note = row.sole_code or say("{count} 个规格", "{count} SKUs").format(count=row.sku_count)
    return Markup('<span class="goods">{}<span><b>{}</b><small class="muted">{}</small></span></span>').format(
        thumb(row.picture), plain(row.title), plain(note))


def _category(row: Listed) -> Markup:
    return Markup('<span class="nowrap">{}</span>').format(plain(row.category))


def _price(row: Listed) -> Any:
    price = range_of(row.lowest_fen, row.highest_fen)
    if row.lowest_cost_fen is None:
        return price
    cost = say("成本 ", "cost ") + str(range_of(row.lowest_cost_fen, row.highest_cost_fen))
    return Markup('{}<br><small class="muted">{}</small>').format(price, cost)


def _stock(row: Listed) -> Any:
    low = Markup(" ") + badge(say("低", "Low"), "warn") if row.low and row.available > 0 else ""
    return Markup("{}{}").format(f"{row.available:,}", low)


def filtered(asked: Mapping[str, str], q: str) -> Wanted:
    """What the list's address asks for; nonsense narrows nothing."""
    tab = asked.get("tab", "all")
    least, most = (_fen(asked.get(f"price_fen_{end}", "")) for end in ("from", "to"))
    return Wanted(q[:64], tab if tab in TABS else "all", asked.get("category_id") or None, least, most)


def _fen(text: str) -> int | None:
    try:
        return max(0, parse_yuan(text))
    except ValueError:
        return None


class Goods(ReadOnlyView):
    """Every product, whatever its state."""

    title, permission, category, icon, endpoint = say("商品", "Products"), "goods.view", GOODS, "box", "goods"
    model, scope = Product, EVERYBODY
    lead = say("上架、下架、改价和补货都在这里。", "Put on and take off the shelf, price and stock.")
    columns = {
        "title": say("商品", "Product"), "category": say("分类", "Category"), "price_fen": say("价格", "Price"),
        "available": say("可售", "Available"), "sold": say("已售", "Sold"), "state": say("状态", "State"),
        "publish_at": say("上架时间", "Published"),
    }
    column_default_sort = ("publish_at", True)
    column_sortable_list = ("price_fen", "sold")
    search_contains, search_hint = ("title",), say("商品名称或编码", "Title or SKU code")
    filters = (
        Hidden("tab", ""), Choice("category_id", say("分类", "Category"), lambda: dict(category_names(context()))),
        Yuan("price_fen", say("价格（元）", "Price (yuan)")))
    column_formatters = {"title": shown(_title), "category": shown(_category), "price_fen": shown(_price),
                         "available": shown(_stock), "state": badges(STATES)}
    sheet, sheet_fields = "products", {"category_id": "category_id", "price_fen_from": "price_from", "price_fen_to": "price_to"}
    empty = say("还没有商品，点右上角“新建商品”开始", "No products yet: begin with “New product”")
    list_template = "goods/list.html"

    def fetch(self, asked: Asked) -> Leaf:
        sort = {"price_fen": "-price" if asked.desc else "price", "sold": "sales", None: "newest"}[asked.sort]
        return goods_list(context(), wanted=filtered(asked.filters, asked.search), sort=sort, turn=asked.turn,
                          limit=asked.size)

    def row_key(self, row: Any) -> Any:
        return row.id

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        now = asked.filters.get("tab", "all")
        return [(words, self.get_url(".index_view", **asked.query(tab=None if tab == "all" else tab)), tab == now, None)
                for tab, words in TAB_WORDS.items()]

    def sheet_filters(self, asked: Asked) -> Mapping[str, str] | None:
        """What is in the storeroom can be told; what sells out or runs low is a sheet of the stock."""
        tab = asked.filters.get("tab", "all")
        if tab not in ("all", "off_shelf"):
            return None
        said = super().sheet_filters(replace(asked, filters={k: v for k, v in asked.filters.items() if k != "tab"}))
        return None if said is None else dict(said) | ({"on_shelf": "0"} if tab == "off_shelf" else {})

    def header_buttons(self) -> Sequence[Button]:
        narrowed = {name: text for name, text in request.args.items() if name in ("q", "tab", "category_id", "price_fen_from",
                                                                                  "price_fen_to") and text}
        return (
            Button(say("批量调价", "Change prices"), self.get_url("admin_prices.index", **narrowed), "prices.edit", icon="coins"),
            Button(say("批量改库存", "Change stock"), self.get_url("admin_counts.index", **narrowed), "stock.edit", icon="layers"),
            Button(say("新建商品", "New product"), self.get_url(".new"), "goods.edit", tone="primary", icon="plus"))

    def buttons(self, row: Listed) -> Sequence[Button]:
        shelf = say("下架", "Take off") if row.on_shelf else say("上架", "Put on")
        return (
            Button(say("编辑", "Edit"), self.get_url(".details_view", row_id=row.id), "goods.edit"),
            Button(shelf, self.get_url(".shelve", row_id=row.id), "goods.edit", post=True,
                   fields={"on_shelf": "0" if row.on_shelf else "1", "back": request.full_path}),
        )

    # --- one product ---

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """The form of a product; who may not edit sees it all the same."""
        goods = goods_form(context(), product_id=row_id)
        return self._form(drafted(goods), goods)

    @expose("/<id:row_id>/save/", methods=("POST",))
    @needs("goods.edit")
    def save(self, row_id: str) -> Any:
        """Save the form; what is wrong with it stands beside the field."""
        goods = goods_form(context(), product_id=row_id)
        draft = typed(request.form, goods)
        values = read(draft, costs=member().actor.may("costs.view"))
        publish_at = published(draft) or goods.publish_at
        if draft.faulty:
            return self._form(draft, goods), 422
        seen_at = moment(draft.seen_at) or goods.updated_at
        saved = attempt(edit_product, quiet=True, product_id=row_id, publish_at=publish_at, seen_at=seen_at, **values,
                        done=say("已保存。", "Saved."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303) if saved else self._refused(draft, goods, saved)

    @expose("/new/")
    @needs("goods.edit")
    def new(self) -> Any:
        """An empty form, or with `copy` that of another product without its codes."""
        copied = request.args.get("copy", "")
        if not copied:
            return self._form(Draft(), None)
        return self._form(drafted(goods_form(context(), product_id=self.row_or_404(copied).id), copy=True), None)

    @expose("/new/", methods=("POST",))
    @needs("goods.edit")
    def create(self) -> Any:
        """Make a product."""
        draft = typed(request.form, None)
        values = read(draft, costs=member().actor.may("costs.view"))
        publish_at = published(draft) if draft.shelf == "later" else None
        if draft.shelf == "later" and publish_at is None:
            draft.errors.setdefault("publish_at", str(say("请选择上架时间。", "Please choose when it goes on sale.")))
        if draft.faulty:
            return self._form(draft, None), 422
        made = attempt(create_product, quiet=True, publish_at=publish_at, on_shelf=draft.shelf != "off", key=client_key(),
                       **values, done=say("商品已创建。", "The product was made."))
        return redirect(self.get_url(".details_view", row_id=made.value), 303) if made else self._refused(draft, None, made)

    @expose("/<id:row_id>/shelf/", methods=("POST",))
    @needs("goods.edit")
    def shelve(self, row_id: str) -> Any:
        """Put one product on the shelf or take it off, and go back to where the button was."""
        self._shelve([self.row_or_404(row_id).id], request.form.get("on_shelf") == "1")
        back, home = local(request.form.get("back", "")), self.get_url(".index_view")
        return redirect(back if back.startswith(home) else home, 303)

    @expose("/<id:row_id>/preview/")
    def preview(self, row_id: str) -> Any:
        """The page as shoppers see it."""
        goods = goods_form(context(), product_id=row_id)
        return self.render("goods/preview.html", goods=goods, page=product_preview(context(), product_id=row_id),
                           states=STATES, picture_url=picture_url, ways=WAYS)

    def _form(self, draft: Draft, goods: GoodsForm | None) -> str:
        actor = member().actor
        return self.render(
            "goods/form.html", draft=draft, goods=goods, categories=category_names(context()), top=sentences(draft),
            may_edit=actor.may("goods.edit"), may_price=goods is None or actor.may("prices.edit"),
            may_cost=actor.may("costs.view"), states=STATES, picture_url=picture_url, blank_row=SkuRow(),
            ways=WAYS)

    def _refused(self, draft: Draft, goods: GoodsForm | None, result: Attempt) -> tuple[str, int]:
        refused: Refused = result.refused  # type: ignore[assignment]
        place(draft, refused)
        return self._form(draft, goods), 409 if refused.kind == "conflict" else 422

    # --- many ---

    def _shelve(self, ids: Sequence[str], on_shelf: bool) -> None:
        said = say("已上架 {count} 个商品。", "{count} products were put on the shelf.") if on_shelf else say(
            "已下架 {count} 个商品，顾客不再看到。", "{count} products were taken off the shelf.")
        attempt(set_on_shelf, product_ids=ids, on_shelf=on_shelf, done=lambda count: said.format(count=count))

    @action("on", say("上架", "Put on the shelf"))
    @needs("goods.edit")
    def on(self, ids: Sequence[str]) -> None:
        """Put the chosen on the shelf."""
        self._shelve(ids, True)

    @action("off", say("下架", "Take off the shelf"), say("下架所选商品？顾客将看不到它们，已下的订单不受影响。",
                                                    "Take these off the shelf? Shoppers will not see them; orders stay."))
    @needs("goods.edit")
    def off(self, ids: Sequence[str]) -> None:
        """Take the chosen off the shelf."""
        self._shelve(ids, False)

    @action("prices", say("调价", "Change prices"))
    @needs("prices.edit")
    def prices(self, ids: Sequence[str]) -> Response:
        """Go on to prices with the chosen."""
        return redirect(self.get_url("admin_prices.index", id=list(ids)), 303)

    @action("stock", say("改库存", "Change stock"))
    @needs("stock.edit")
    def stock(self, ids: Sequence[str]) -> Response:
        """Go on to stock with the chosen."""
        return redirect(self.get_url("admin_counts.index", id=list(ids)), 303)


class Categories(Page):
    """The shelves of the shop, on two levels."""

    title, permission, category, icon, endpoint = say("分类", "Categories"), "goods.view", GOODS, "layers", "categories"

    @expose("/")
    def index(self) -> Any:
        """The tree."""
        return self._tree()

    @expose("/save/", methods=("POST",))
    @needs("goods.edit")
    def save(self) -> Any:
        """Make a category, or change one."""
        form = request.form
        category_id = form.get("category_id") or None
        done = attempt(
            save_category, quiet=True, category_id=category_id, name=form.get("name", ""), parent_id=form.get("parent_id") or None,
            picture=form.get("picture") or None, position=None if category_id else LAST, seen=form.get("seen") or None,
            done=say("分类已保存。", "The category was saved."))
        if done:
            return redirect(self.get_url(".index"), 303)
        if done.refused is not None and done.refused.code == "category_changed_meanwhile":
            flash(done.sentence, "bad")  # with the tree as it is now: what was typed belongs to an older one
            return self._tree(), 409
        return self._tree(done.sentence), 409

    @expose("/order/", methods=("POST",))
    @needs("goods.edit")
    def order(self) -> Any:
        """Put the categories of a level into the order in which the form names them."""
        attempt(arrange_categories, category_ids=request.form.getlist("id"), seen=request.form.getlist("was") or None)
        return redirect(self.get_url(".index"), 303)

    def _tree(self, wrong: str = "") -> str:
        """The tree; with what was `wrong` about a form, which is open again and holds what was typed."""
        return self.render("goods/categories.html", wrong=wrong, given=request.form if wrong else {},
                           tree=shelves(context()), may_edit=member().actor.may("goods.edit"),
                           picture_url=picture_url)
