"""Content: the banners and blocks of the home page, arranged and previewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import jsonify, redirect, request
from werkzeug.datastructures import MultiDict

from admin.base import Page, attempt, expose, needs
from admin.catalogue import STATES, picture_url
from admin.formats import yuan
from admin.gate import context
from admin.menu import GOODS
from admin.words import say
from backend.queries.goods_list import Wanted, goods_list
from backend.queries.home import home_page
from backend.queries.shelves import Chosen, HomeForm, category_names, chosen_products, home_form
from backend.usecases.arrange_home import Banner, HomeBlock, arrange_home

FOUND = 12


@dataclass(frozen=True, slots=True)
class Arranged:
    """The arrangement as it stands in the form."""

    banners: Sequence[Mapping[str, Any]]
    blocks: Sequence[Mapping[str, Any]]
    products: Mapping[str, Chosen]
    seen: str


def typed(form: MultiDict[str, str]) -> tuple[list[Banner], list[HomeBlock]]:
    """What the form says; its parts are numbered by the fields `banner` and `block`, in their order."""
    banners = []
    for each in form.getlist("banner")[:50]:
        kind, _, target = form.get(f"banner_{each}_target", "").partition(":")
        banners.append(Banner(
            form.get(f"banner_{each}_picture", ""), form.get(f"banner_{each}_title", "").strip(),
            form.get(f"banner_{each}_subtitle", "").strip(), category_id=target if kind == "category" and target else None,
            product_id=form.get(f"banner_{each}_product") or None if kind == "product" else None))
    blocks = [
        HomeBlock(form.get(f"block_{each}_title", "").strip(), tuple(dict.fromkeys(form.getlist(f"block_{each}_product"))),
                  form.get(f"block_{each}_subtitle", "").strip())
        for each in form.getlist("block")[:50]
    ]
    return banners, blocks


class HomePage(Page):
    """The home page of the shop: banners on top, blocks of chosen products below."""

    title, permission, category, icon, endpoint = say("首页装修", "Home page"), "content.edit", GOODS, "image", "content"

    @expose("/")
    def index(self) -> Any:
        """The arrangement as it is, beside what shoppers see."""
        return self._page(home_form(context()))

    @expose("/save/", methods=("POST",))
    @needs("content.edit")
    def save(self) -> Any:
        """Replace the arrangement, unless somebody else has meanwhile."""
        banners, blocks = typed(request.form)
        error = ""
        bare = next((place for place, banner in enumerate(banners, 1) if not banner.picture), 0)
        hollow = next((place for place, block in enumerate(blocks, 1) if not block.title or not block.product_ids), 0)
        if bare:
            error = str(say(f"第 {bare} 个横幅还没有图片，请上传，或移除这个横幅。",
                            f"Banner {bare} has no picture yet; send one, or take the banner away."))
        elif hollow:
            error = str(say(f"第 {hollow} 个栏目需要标题和至少一个商品，请补充，或移除这个栏目。",
                            f"Block {hollow} needs a title and at least one product; add them, or take the block away."))
        else:
            done = attempt(arrange_home, quiet=True, banners=banners, blocks=blocks, seen=request.form.get("seen", ""),
                           done=say("首页已更新，顾客马上看到。", "The home page was changed; shoppers see it at once."))
            if done:
                return redirect(self.get_url(".index"), 303)
            error = done.sentence
        named = {each for block in blocks for each in block.product_ids} | {each.product_id for each in banners if each.product_id}
        again = Arranged(
            [{"picture": each.picture, "title": each.title, "subtitle": each.subtitle, "category_id": each.category_id,
              "product_id": each.product_id} for each in banners],
            [{"title": each.title, "subtitle": each.subtitle, "product_ids": each.product_ids} for each in blocks],
            chosen_products(context(), product_ids=sorted(named)), request.form.get("seen", ""))
        return self._page(again, error), 409

    @expose("/find/")
    def find(self) -> Any:
        """Products to choose from, as JSON for the form's script."""
        rows = goods_list(context(), wanted=Wanted(q=request.args.get("q", "")[:64]), limit=FOUND).rows
        return jsonify([
            {"id": row.id, "title": row.title, "picture": picture_url(row.picture) if row.picture else "",
             "note": f"{yuan(row.lowest_fen)} · {STATES[row.state][0]}"}
            for row in rows])

    def _page(self, form: HomeForm | Arranged, error: str = "") -> str:
        return self.render("content/home.html", form=form, error=error, categories=category_names(context()), states=STATES,
                           picture_url=picture_url, home=msgspec.json.decode(home_page(context())))
