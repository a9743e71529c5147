"""The goods of the demo shop and its home page, read from the files in goods/."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend.kernel.money import Money

_GOODS = Path(__file__).parent / "goods"


@dataclass(frozen=True)
class Thing:
    """Something in a picture: its kind, where it stands, and the parameters of that kind."""

    kind: str
    x: float
    y: float
    size: float = 1
    turn: float = 0
    mirror: bool = False
    looks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Category:
    """A category in the shop window; categories come in their order."""

    key: str
    title: str
    mood: str
    icon: Thing


@dataclass(frozen=True)
class Sku:
    """One thing to buy; `values` answer to the options, `cycle_days` is how long one unit lasts a household."""

    code: str
    values: tuple[str, ...]
    price: Money
    market_price: Money
    cost: Money
    stock: int
    cycle_days: int | None


@dataclass(frozen=True)
class Product:
    """A product; `published_days_ago` is negative while it is still to come, `popularity` runs from 1 to 10."""

    key: str
    category: str
    title: str
    name: str
    point: str
    details: tuple[str, ...]
    options: tuple[str, ...]
    popularity: int
    published_days_ago: int
    on_shelf: bool
    mood: str
    style: str
    scene: tuple[Thing, ...]
    skus: tuple[Sku, ...]
    deliveries: tuple[str, ...] = ("courier", "pickup")

    @property
    def for_sale(self) -> bool:
        """Whether shoppers can see it today."""
        return self.on_shelf and self.published_days_ago >= 0


@dataclass(frozen=True)
class Banner:
    """A banner of the home page that leads to a category."""

    key: str
    title: str
    subtitle: str
    category: str
    tints: tuple[str, str]
    scene: tuple[Thing, ...]


@dataclass(frozen=True)
class Block:
    """A block of recommended products on the home page."""

    key: str
    title: str
    subtitle: str
    products: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """All of it; products stand in the order of their categories."""

    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    banners: tuple[Banner, ...]
    blocks: tuple[Block, ...]


@cache
def catalogue() -> Catalogue:
    """The demo shop's goods; the same object every time. A field that the files misspell is a KeyError or TypeError."""
    shop = _read("shop")
    categories = tuple(Category(**entry | {"icon": _thing(entry["icon"])}) for entry in shop["category"])
    products = tuple(
        _product(category.key, entry) for category in categories for entry in _read(category.key)["product"]
    )
    banners = tuple(
        Banner(**entry | {"tints": tuple(entry["tints"]), "scene": _scene(entry)}) for entry in shop["banner"]
    )
    blocks = tuple(Block(**entry | {"products": tuple(entry["products"])}) for entry in shop["block"])
    return Catalogue(categories, products, banners, blocks)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_GOODS / f"{name}.toml").read_text("utf-8"))


def _product(category: str, entry: dict[str, Any]) -> Product:
    fields = dict(entry)
    return Product(
        category=category,
        details=tuple(fields.pop("details")),
        options=tuple(fields.pop("options")),
        published_days_ago=fields.pop("published"),
        on_shelf=fields.pop("on_shelf", True),
        scene=_scene({"scene": fields.pop("scene")}),
        skus=tuple(_sku(**sku) for sku in fields.pop("skus")),
        deliveries=tuple(fields.pop("deliveries", ("courier", "pickup"))),
        **fields,
    )


def _sku(code: str, values: list[str], price: int, market: int, cost: int, stock: int, cycle: int | None = None) -> Sku:
    return Sku(code, tuple(values), Money(price), Money(market), Money(cost), stock, cycle)


def _scene(entry: dict[str, Any]) -> tuple[Thing, ...]:
    return tuple(_thing(thing) for thing in entry["scene"])


def _thing(entry: dict[str, Any]) -> Thing:
    place = {name: entry[name] for name in ("kind", "x", "y", "size", "turn", "mirror") if name in entry}
    return Thing(**place, looks={name: value for name, value in entry.items() if name not in place})
