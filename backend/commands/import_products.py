"""Imports products from a sheet: CSV or xlsx, gzipped or not; one product with one SKU a row, known by its SKU code."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from backend.app import create_app, runtime
from backend.catalog.sheet import MAX_STOCK, Problem, Row, read_header, read_rows
from backend.commands import _running
from backend.commands._folder import Refused as CommandRefused
from backend.commands._progress import Progress
from backend.context import Context
from backend.infra.db import read_engine
from backend.infra.sheets import Sheet
from backend.kernel.actors import SYSTEM
from backend.kernel.errors import Refused
from backend.queries.skus import skus_by_code
from backend.usecases.import_products_batch import LIMIT, Imported, ImportedProduct, import_products_batch

DEFAULT_STOCK = 1_000_000


def main(argv: list[str]) -> int:
    """0 when every row was taken (with --skip-bad: every good one); else all bad rows on stderr, nothing imported."""
    arguments = _parse(argv)
    language = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    try:
        products, problems = _read(arguments.file)
    except OSError as error:
        raise CommandRefused(f"{arguments.file} cannot be read: {error.strerror}.") from None
    except Refused as refused:
        raise CommandRefused(f"{arguments.file}: {refused.sentence(language)} ({refused.code})") from None
    for problem in problems:
        _say(f"line {problem.line}: {problem.refused.sentence(language)} ({problem.refused.code})")
    bad_lines = len({problem.line for problem in problems})
    if problems and not arguments.skip_bad:
        raise CommandRefused(f"{bad_lines} bad lines; nothing was imported. Correct them, or leave them out with --skip-bad.")

    _running.connect(arguments, required=False)
    try:
        app = create_app(_running.settings())
    except ValueError as error:
        raise CommandRefused(f"{error}. Start the shop once with `python3 -m backend up`: it draws the keys.") from None
    with app.app_context():
        _must_have_tables()
        ctx = runtime(app).context(SYSTEM)
        try:
            if arguments.dry_run:
                print(_what_would_happen(ctx, products, bad_lines))
            else:
                print(_import(ctx, products, arguments.stock, bad_lines))
        except Refused as refused:
            raise CommandRefused(
                f"{refused.sentence(language)} ({refused.code}) What was imported stays; run this again."
            ) from None
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m backend import-products", description=__doc__)
    parser.add_argument("file", type=Path, help="columns: sku, title, category, price (yuan), stock (may be missing)")
    parser.add_argument(
        "--stock",
        type=_stock,
        default=DEFAULT_STOCK,
        metavar="N",
        help=f"pieces on hand of a new product without a stock of its own (default {DEFAULT_STOCK:,})",
    )
    parser.add_argument("--dry-run", action="store_true", help="check the file and say what would happen; write nothing")
    parser.add_argument("--skip-bad", action="store_true", help="import the good rows although others are bad")
    _running.add_arguments(parser)
    return parser.parse_args(argv)


def _stock(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_STOCK):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {MAX_STOCK:,}")
    return int(text)


def _read(path: Path) -> tuple[list[ImportedProduct], list[Problem]]:
    """All good products and all problems of the file."""
    products: list[ImportedProduct] = []
    problems: list[Problem] = []
    with path.open("rb") as file, Sheet(file) as sheet:
        lines = iter(sheet)
        columns = read_header(lines)
        if columns.ignored:
            _say(f"notice: columns that are not used: {', '.join(columns.ignored)}")
        for each in read_rows(lines, columns):
            match each:
                case Row(product=product):
                    products.append(product)
                case Problem():
                    problems.append(each)
    return products, problems


def _must_have_tables() -> None:
    try:
        if inspect(read_engine()).has_table("products"):
            return
    except OperationalError as error:
        raise CommandRefused(f"The database cannot be used: {str(error.orig).strip()}") from None
    raise CommandRefused(
        "The database has no tables: start the shop with `python3 -m backend up`, or run `python3 -m backend migrate`."
    )


def _what_would_happen(ctx: Context, products: Sequence[ImportedProduct], bad_lines: int) -> str:
    codes = [product.code for product in products]
    known = sum(len(skus_by_code(ctx, codes=codes[start : start + LIMIT])) for start in range(0, len(codes), LIMIT))
    return (
        f"dry run: {len(products):,} good rows ({len(products) - known:,} new products, {known:,} known ones),"
        f" {bad_lines:,} bad ones; nothing was written"
    )


def _import(ctx: Context, products: Sequence[ImportedProduct], stock: int, bad_lines: int) -> str:
    done = Imported()
    with Progress("import", len(products), "rows") as bar:
        for start in range(0, len(products), LIMIT):
            batch = products[start : start + LIMIT]
            done += import_products_batch(ctx, products=batch, stock_default=stock)
            bar.advance(len(batch))
    counts = f"{done.new:,} new, {done.changed:,} changed, {done.same:,} as before"
    return f"{len(products):,} rows: {counts}; {bad_lines:,} left out"


def _say(text: str) -> None:
    print(text, file=sys.stderr)
