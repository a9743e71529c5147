"""Prices and stock of many SKUs at once: chosen goods or a file, a preview of every line, then what was seen is applied."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from admin.base import Attempt, Page, attempt, client_key, expose, needs
from admin.catalogue import filtered
from admin.gate import context, takes_files
from admin.menu import GOODS
from admin.words import Said, language, say
from backend.catalog.repricing import How, PriceRule, Warn
from backend.catalog.sheet import COUNTS, PRICES, Cells, Problem, Shape, read_cells, read_header
from backend.infra.once import ClientKey
from backend.infra.sheets import Sheet
from backend.kernel.errors import Refused
from backend.kernel.money import parse_yuan
from backend.queries.goods_list import Wanted
from backend.queries.price_preview import GivenPrice, PricePreview, preview_prices, preview_rule
from backend.queries.skus import sku_codes
from backend.queries.stock_preview import StockPreview, preview_counts, preview_stock
from backend.usecases.apply_prices import PricesApplied, SeenPrice, apply_prices
from backend.usecases.change_stock import Counted, StockChanged, change_stock

SLICE = 500
FILE_BYTES = 10 * 2**20
SHOWN_PROBLEMS = 200
WARNINGS = {
    Warn.BELOW_COST: (say("低于成本", "Below cost"), "bad"),
    Warn.MARKET_PRICE_GOES: (say("划线价将去掉", "Crossed-out price goes"), "warn"),
    Warn.BIG_CHANGE: (say("变动超过 50%", "Moves by more than 50%"), "warn"),
}
OUTCOMES = {
    "changed": (say("将修改", "Will change"), "info"), "same": (say("不变", "Same"), "plain"),
    "moved": (say("已变动", "Moved"), "warn"), "short": (say("库存不足", "Too little"), "bad"),
}
NO_RULE = say("请填写调整的幅度或金额，例如 9.90 或 -10。", "Please say by how much, such as 9.90 or -10.")
NO_QUANTITY = say("请填写数量（整数）。", "Please give a whole number of pieces.")
NO_FILE = say("请选择文件。", "Please choose a file.")


class Chosen:
    """Which goods a batch is about: ticked ones, or all that a list's filters show."""

    def __init__(self, given: Any) -> None:
        self.ids = list(dict.fromkeys(each for each in given.getlist("id") if each))[:500]
        self.named = {name: text for name in ("q", "tab", "category_id", "price_fen_from", "price_fen_to")
                      if (text := given.get(name, ""))}

    @property
    def wanted(self) -> Wanted | None:
        return None if self.ids else filtered(self.named, self.named.get("q", ""))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Hidden fields that carry it along."""
        return [("id", each) for each in self.ids] if self.ids else list(self.named.items())


def sheet_rows(shape: Shape) -> tuple[list[Cells], list[Problem]]:
    """The good lines and the problems of the file that was sent; refuses a useless file."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadRequest()
    good: list[Cells] = []
    problems: list[Problem] = []
    with Sheet(file.stream) as sheet:  # type: ignore[arg-type]
        lines = iter(sheet)
        columns = read_header(lines, shape)
        for each in read_cells(lines, columns, shape):
            good.append(each) if isinstance(each, Cells) else problems.append(each)
    return good, problems


def slices(rows: Sequence[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    """(number, rows) of each transaction."""
    for number, start in enumerate(range(0, len(rows), SLICE)):
        yield number, rows[start:start + SLICE]


def key_of(key: ClientKey, number: int) -> ClientKey:
    """The key of one slice: the same form sent again repeats each of them."""
    return ClientKey(f"{key.value}-{number}", key.fingerprint)


def seen_rows(width: int) -> list[list[str]]:
    """The rows that a preview carried and that are still ticked: fields divided by `.`, rows by `*`; 400 for nonsense."""
    taken = set(request.form.getlist("take"))
    rows = [row.split(".") for row in request.form.get("seen", "").split("*") if row]
    if any(len(row) != width for row in rows):
        raise BadRequest()
    return [row for row in rows if row[0] in taken]


def number_or_none(text: str) -> int | None:
    """A whole number that a preview wrote, or None for an empty field; 400 for anything else."""
    if not text:
        return None
    if not (text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 16):
        raise BadRequest()
    return int(text)


class Batch(Page):
    """What both batches have in common."""

    in_menu = False
    template: str

    def opening(self, *, error: Said | str = "", at: str = "file", problems: Sequence[Problem] = (), status: int = 200) -> Any:
        """The first page: which goods, and by which rule or file; what is wrong stands beside the field `at`."""
        given = request.form if request.method == "POST" else request.args
        page = self.render(f"{self.template}/start.html", chosen=Chosen(given), given=given, wrong={at: error} if error else {},
                           problems=problems, language=language)
        return page, status

    def from_file(self, shape: Shape, preview: Callable[[list[Cells]], Attempt]) -> tuple[Any, list[Problem], int]:
        """(preview or a page that says no, problems of the file, how many lines were good)"""
        if not (file := request.files.get("file")) or not file.filename:
            return self.opening(error=NO_FILE, status=422), [], 0
        try:
            good, problems = sheet_rows(shape)
        except Refused as refused:
            return self.opening(error=refused.sentence(language()), status=422), [], 0
        if not good:
            nothing = say("文件里没有可用的行。", "No line of the file can be used.")
            return self.opening(problems=problems, error=nothing, status=422), [], 0
        made = preview(good)
        return (made.value if made else self.opening(error=made.sentence, status=422)), problems, len(good)


class Prices(Batch):
    """New prices for many SKUs."""

    title, permission, category, icon, endpoint = say("批量调价", "Change prices"), "prices.edit", GOODS, "coins", "prices"
    template = "goods/prices"

    @expose("/")
    def index(self) -> Any:
        """Choose a rule or a file."""
        return self.opening()

    @expose("/preview/", methods=("POST",))
    @needs("prices.edit")
    def preview(self) -> Any:
        """Old and new price of every SKU; writes nothing."""
        rule = self._rule()
        if rule is None:
            return self.opening(error=NO_RULE, at="value", status=422)
        chosen = Chosen(request.form)
        made = attempt(preview_rule, quiet=True, rule=rule, product_ids=chosen.ids, wanted=chosen.wanted)
        return self._shown(made.value) if made else self.opening(error=made.sentence, at="value", status=422)

    @expose("/file/", methods=("POST",))
    @needs("prices.edit")
    @takes_files(FILE_BYTES)
    def file(self) -> Any:
        """The same for prices that a file lists."""
        made, problems, _ = self.from_file(PRICES, lambda rows: attempt(
            preview_prices, quiet=True, given=[GivenPrice(**row.values) for row in rows]))
        return self._shown(made, problems) if isinstance(made, PricePreview) else made

    @expose("/apply/", methods=("POST",))
    @needs("prices.edit")
    def apply(self) -> Any:
        """Write what the preview showed, 500 at a time; what moved meanwhile is listed."""
        prices = [
            SeenPrice(row[0], number_or_none(row[1]) or 0, number_or_none(row[3]) or 0, number_or_none(row[2]),
                      number_or_none(row[4]))
            for row in seen_rows(5)
        ]
        done, key, stopped = PricesApplied(), client_key(), None
        for number, part in slices(prices):
            result = attempt(apply_prices, quiet=True, prices=part, key=key_of(key, number))
            if not result:
                stopped = result.sentence
                break
            done += result.value
        return self.render("goods/prices/done.html", done=done, total=len(prices), stopped=stopped, codes=codes_of(done.moved))

    def _rule(self) -> PriceRule | None:
        form = request.form
        how, ending, text = form.get("how", ""), form.get("ending", ""), form.get("value", "").strip().rstrip("%")
        try:
            value = parse_yuan(text or ("0" if ending else ""))
            return PriceRule(How(how), value, int(ending) if ending else None)
        except ValueError:
            return None

    def _shown(self, preview: PricePreview, problems: Sequence[Problem] = ()) -> str:
        seen = "*".join(
            ".".join("" if each is None else str(each) for each in (
                row.sku_id, row.proposal.before_fen, row.proposal.market_before_fen, row.proposal.after_fen,
                row.proposal.market_after_fen))
            for row in preview.rows if row.proposal.changes)
        return self.render("goods/prices/preview.html", preview=preview, seen=seen, problems=problems[:SHOWN_PROBLEMS],
                           more_problems=max(0, len(problems) - SHOWN_PROBLEMS), warnings=WARNINGS, language=language,
                           changing=sum(row.proposal.changes for row in preview.rows))


class Counts(Batch):
    """Counted or arrived stock of many SKUs."""

    title, permission, category, icon, endpoint = say("批量改库存", "Change stock"), "stock.edit", GOODS, "layers", "counts"
    template = "goods/counts"

    @expose("/")
    def index(self) -> Any:
        """Choose what to do, or a file."""
        return self.opening()

    @expose("/preview/", methods=("POST",))
    @needs("stock.edit")
    def preview(self) -> Any:
        """What lies there now and what would; writes nothing."""
        text = request.form.get("quantity", "").strip()
        digits = text.lstrip("+-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and len(text) - len(digits) <= 1):
            return self.opening(error=NO_QUANTITY, at="quantity", status=422)
        chosen = Chosen(request.form)
        made = attempt(preview_stock, quiet=True, mode=self._mode(), quantity=int(text), product_ids=chosen.ids,
                       wanted=chosen.wanted)
        return self._shown(made.value) if made else self.opening(error=made.sentence, at="quantity", status=422)

    @expose("/file/", methods=("POST",))
    @needs("stock.edit")
    @takes_files(FILE_BYTES)
    def file(self) -> Any:
        """The same for quantities that a file lists."""
        lines: dict[str, int] = {}

        def preview(rows: list[Cells]) -> Attempt:
            lines.update({row.values["code"]: row.line for row in rows})
            quantities = {row.values["code"]: row.values["quantity"] for row in rows}
            return attempt(preview_counts, quiet=True, mode=self._mode(), quantities=quantities)

        made, problems, _ = self.from_file(COUNTS, preview)
        if not isinstance(made, StockPreview):
            return made
        problems += [Problem(lines[code], refused) for code, refused in made.refused.items()]
        return self._shown(made, sorted(problems, key=lambda each: each.line))

    @expose("/apply/", methods=("POST",))
    @needs("stock.edit")
    def apply(self) -> Any:
        """Write what the preview showed, 500 at a time; what moved meanwhile or is too little is listed."""
        counted = self._mode() == "set"
        changes = [Counted(row[0], number_or_none(row[2]) or 0, number_or_none(row[1]) if counted else None)
                   for row in seen_rows(3)]
        done, key, stopped = StockChanged(), client_key(), None
        for number, part in slices(changes):
            result = attempt(change_stock, quiet=True, changes=part, reason=request.form.get("reason", ""),
                             key=key_of(key, number))
            if not result:
                stopped = result.sentence
                break
            done += result.value
        return self.render("goods/counts/done.html", done=done, total=len(changes), stopped=stopped,
                           codes=codes_of((*done.moved, *done.short)))

    def _mode(self) -> Any:
        return "set" if request.form.get("mode") == "set" else "add"

    def _shown(self, preview: StockPreview, problems: Sequence[Problem] = ()) -> str:
        changing = [row for row in preview.rows if row.becomes == "changed"]
        seen = "*".join(f"{row.sku_id}.{row.on_hand}.{row.change}" for row in changing)
        return self.render("goods/counts/preview.html", preview=preview, seen=seen, mode=self._mode(), outcomes=OUTCOMES,
                           problems=problems[:SHOWN_PROBLEMS], more_problems=max(0, len(problems) - SHOWN_PROBLEMS),
                           changing=len(changing), language=language)


def codes_of(sku_ids: Sequence[str]) -> Mapping[str, str]:
    """SKU codes by id, for what a person should look at."""
    return sku_codes(context(), sku_ids=sku_ids[:SHOWN_PROBLEMS])
