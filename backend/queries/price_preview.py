"""What a batch of new prices would do, before anybody confirms it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select

from backend.catalog.models import Product, Sku
from backend.catalog.refusals import TOO_MANY_AT_ONCE
from backend.catalog.repricing import Priced, PriceRule, Proposal, check_rule, propose, propose_by_rule
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.queries.goods_list import Wanted, matching_skus

PRODUCTS, SKUS = Product.__table__, Sku.__table__
MOST = 5_000
"""No preview has more SKUs."""


@dataclass(frozen=True, slots=True)
class GivenPrice:
    """Prices that somebody wrote down for a SKU, in fen; without a market price the crossed-out one stays."""

    code: str
    price_fen: int
    market_price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A SKU in the preview; a proposal warns of costs only whoever may see them."""

    sku_id: str
    code: str
    title: str
    options: Mapping[str, str]
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class PricePreview:
    """The rows in the order of products, and the codes that nobody knows."""

    rows: Sequence[PriceRow]
    unknown: Sequence[str] = ()


SHOWN = (
    select(
        SKUS.c.id,
        SKUS.c.code,
        PRODUCTS.c.title,
        SKUS.c.options,
        SKUS.c.price_fen,
        SKUS.c.market_price_fen,
        SKUS.c.cost_fen,
    )
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .where(SKUS.c.active)
    .order_by(SKUS.c.product_id.desc(), SKUS.c.position, SKUS.c.id)
)
_OF_PRODUCTS = SHOWN.where(among(SKUS.c.product_id, "ids")).limit(MOST + 1)
_BY_CODE = SHOWN.where(among(SKUS.c.code, "ids"))
_BY_ID = SHOWN.where(among(SKUS.c.id, "ids"))


def preview_rule(
    ctx: Context, *, rule: PriceRule, product_ids: Sequence[str] = (), wanted: Wanted | None = None
) -> PricePreview:
    """What `rule` would make of all active SKUs of these products, or of the goods that are `wanted`. Staff only.

    Refuses a rule that makes no sense (`price_rule`) and more than 5,000 SKUs (`too_many_at_once`).
    """
    ctx.actor.must("prices.edit")
    check_rule(rule)
    with reading(ctx) as rd:
        rows = _chosen(ctx, rd, product_ids, wanted)
    proposals = propose_by_rule({row.id: _priced(ctx, row) for row in rows}, rule)
    return PricePreview([_row(row, proposals[row.id]) for row in rows])


def preview_prices(ctx: Context, *, given: Sequence[GivenPrice]) -> PricePreview:
    """What these prices would change; each code once. Refuses more than 5,000 (`too_many_at_once`). Staff only."""
    ctx.actor.must("prices.edit")
    if len(given) > MOST:
        raise TOO_MANY_AT_ONCE(limit=MOST)
    by_code = {each.code: each for each in given}
    with reading(ctx) as rd:
        rows = in_parts(rd, _BY_CODE, list(by_code))
    proposals = [
        propose(_priced(ctx, row), by_code[row.code].price_fen, by_code[row.code].market_price_fen) for row in rows
    ]
    known = {row.code for row in rows}
    return PricePreview(
        [_row(row, proposal) for row, proposal in zip(rows, proposals, strict=True)],
        [code for code in by_code if code not in known],
    )


def _chosen(ctx: Context, rd: Reading, product_ids: Sequence[str], wanted: Wanted | None) -> list[Row]:
    if wanted is None:
        rows = list(rd.execute(_OF_PRODUCTS, {"ids": list(product_ids)}))
    else:
        rows = in_parts(rd, _BY_ID, matching_skus(ctx, rd, wanted, MOST + 1))
    if len(rows) > MOST:
        raise TOO_MANY_AT_ONCE(limit=MOST)
    return rows


def in_parts(rd: Reading, statement, ids: Sequence[str]) -> list[Row]:
    """The rows of a statement with parameter `ids`, a thousand ids at a time."""
    return [row for start in range(0, len(ids), 1000) for row in rd.execute(statement, {"ids": ids[start : start + 1000]})]


def _priced(ctx: Context, row: Row) -> Priced:
    return Priced(row.price_fen, row.market_price_fen, row.cost_fen if ctx.actor.may("costs.view") else None)


def _row(row: Row, proposal: Proposal) -> PriceRow:
    return PriceRow(row.id, row.code, row.title, row.options, proposal)
