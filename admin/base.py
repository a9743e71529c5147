"""What every screen derives from: Page, ReadOnlyView (a list over the read engine) and EditView (whose save is a use case).

See admin/README.md for how to add a screen.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_admin import BaseView
from flask_admin.actions import action as action
from flask_admin.base import expose as expose
from flask_admin.contrib.sqla import ModelView
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Query
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from admin import in_place
from admin.filters import Filter, clean
from admin.formats import NOTHING, value
from admin.forms import Form
from admin.gate import CSRF_FIELD, context, member
from admin.permissions import ANY_STAFF, BY_SCREEN
from admin.permissions import needs as needs
from admin.typed import TYPED
from admin.words import Said, language, say
from backend.exports import FORMATS, KINDS
from backend.infra.db import read_only
from backend.infra.keyset import Leaf, Sorting, Turn, leaf
from backend.infra.once import ClientKey
from backend.kernel.errors import FORBIDDEN, NOT_FOUND, Kind, Refused
from backend.queries.exports import exportable, filters_of

KEY_FIELD = "idempotency_key"
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

PAGE_SIZES = (20, 50, 100)

EVERYBODY = "everybody"
"""Scope of rows that belong to no store and are the same for all staff: goods, categories, settings."""

HEAD_OFFICE = "head office"
"""Scope of rows that only staff who see all stores may see: other staff, the organisation, the audit log."""


# --- use cases ---

@dataclass(slots=True)
class Attempt:
    """How a use case ended: true with its `value`, or false with what `refused` it."""

    value: Any = None
    refused: Refused | None = None

    def __bool__(self) -> bool:
        return self.refused is None

    @property
    def sentence(self) -> str:
        """The refusal in the language of the moment."""
        return self.refused.sentence(language()) if self.refused else ""


PAGES_OF_THEIR_OWN = (NOT_FOUND.code, FORBIDDEN.code)


def attempt(use_case: Callable[..., Any], *, done: Said | str | Callable[[Any], Any] | None = None, quiet: bool = False,
            form: Form | None = None, **given: Any) -> Attempt:
    """Call a use case as whoever is logged in; its refusal becomes a message on the page, in their language.

    `done`: what to say when it went well (or a function of its result that says it). `quiet`: say nothing of a refusal, the
    caller shows `.sentence` (a form that stays says it itself). `form`: a refusal about one of its fields stands beside that.
    What is absent, foreign or not allowed answers with its own page (404, 403) instead.
    """
    try:
        result = use_case(context(), **given)
    except Refused as refused:
        if refused.code in PAGES_OF_THEIR_OWN or refused.kind is Kind.UNAUTHENTICATED:
            raise
        beside = form is not None and form.blame(refused.code, refused.sentence(language()))
        if not beside and (not quiet or in_place.stays()):
            in_place.tell(refused.sentence(language()), in_place.fields_of(refused))
        return Attempt(refused=refused)
    if done is not None:
        flash(str(done(result) if callable(done) else done), "good")
    return Attempt(result)


def read_and(act: Callable[[], Any]) -> Any:
    """Run `act`, which reads a form and attempts; what people mistyped there is told like any refusal."""
    try:
        return act()
    except Refused as refused:
        if refused.code not in TYPED:
            raise
        in_place.tell(refused.sentence(language()), in_place.fields_of(refused))
        return Attempt(refused=refused)


def client_key() -> ClientKey:
    """The key that the form carried (`{{ key_field() }}`), with a fingerprint of what else it said; 400 without one."""
    sent = request.form.get(KEY_FIELD, "")
    if not KEY.fullmatch(sent):
        raise BadRequest()
    said = sorted((name, text) for name, text in request.form.items(multi=True) if name not in (KEY_FIELD, CSRF_FIELD))
    files = sorted((name, each.filename) for name, each in request.files.items(multi=True))
    canonical = json.dumps([request.path, said, files], ensure_ascii=False)
    return ClientKey(sent, hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest())


# --- pages ---

@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: a link, or with `post` a form that changes something (then `key` adds an idempotency key).

    Shown only to whoever may `permission`. `confirm` asks first. `tone`: plain, primary, danger.
    """

    label: Said | str
    url: str
    permission: str = ""
    post: bool = False
    confirm: Said | str = ""
    tone: str = "plain"
    icon: str = ""
    key: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


def allowed(buttons: Iterable[Button]) -> list[Button]:
    """Those buttons that whoever is logged in may press."""
    return [each for each in buttons if not each.permission or member().actor.may(each.permission)]


def export_buttons(kind: str, filters: Mapping[str, str]) -> tuple[Button, ...]:
    """The same rows as CSV and as Excel, written by the worker. `filters` as `exports/rules.py` names them.

    Nothing for whoever may not export this kind.
    """
    if kind not in exportable(context()):
        return ()
    said = {"kind": kind} | {f"f_{name}": text for name, text in filters.items()}
    words = {"csv": say("导出 CSV", "Export CSV"), "xlsx": say("导出 Excel", "Export Excel")}
    return tuple(Button(words[each], url_for("admin_exports.ask"), post=True, key=True, icon="download",
                        fields=said | {"format": each}) for each in FORMATS)


class Screen:
    """What lists and pages have in common: a title, a place in the menu, an icon, and what one needs to see them."""

    title: ClassVar[Said]
    permission: ClassVar[str]
    category: ClassVar[Said | None] = None
    icon: ClassVar[str] = "dot"
    endpoint: ClassVar[str]
    """Its word in addresses, `/admin/<endpoint>/`; links from elsewhere say `url_for("admin_<endpoint>.index_view")`."""
    in_menu: ClassVar[bool] = True

    def hung(self) -> dict[str, Any]:
        """How Flask-Admin hangs this screen; the other door has blueprints of the same nouns, hence the prefix."""
        word = type(self).endpoint
        return {"name": self.title, "category": self.category, "endpoint": f"admin_{word}" if word else "admin",
                "url": f"/admin/{word}" if word else "/admin"}

    def permission_of(self, method: str) -> str | None:
        """What a route of this screen needs that does not name a permission itself."""
        return getattr(type(self), "permission", None)

    def check(self, known: frozenset[str] | set[str]) -> None:
        """RuntimeError for an action of this screen that declares no permission."""

    def is_accessible(self) -> bool:
        permission = self.permission_of("")
        who = member()
        return who is not None and (permission == ANY_STAFF or who.actor.may(permission or ""))

    def is_visible(self) -> bool:
        return self.in_menu

    def _handle_view(self, name: str, **kwargs: Any) -> None:
        """The gate has looked at this route already."""

    def _run_view(self, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return view(self, *args, **kwargs)


class Page(Screen, BaseView):
    """A page of its own: `@expose("/")` and whatever else, with templates and queries of the noun."""

    def __init__(self) -> None:
        super().__init__(**self.hung())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for, made sane; `turn` says where its page begins."""

    turn: Turn
    size: int
    sort: str | None
    desc: bool
    search: str
    filters: Mapping[str, str]

    def query(self, **change: Any) -> dict[str, Any]:
        """Parameters of this list's address with `change`; of its first page, unless that says `after` or `before`."""
        now = {"size": self.size if self.size != PAGE_SIZES[0] else None, "sort": self.sort,
               "desc": 1 if self.desc else None, "q": self.search or None} | dict(self.filters)
        return {name: each for name, each in (now | change).items() if each not in (None, "")}

    def active(self, filters: Iterable[Filter]) -> int:
        """How many of those filters are in use."""
        return sum(any(self.filters.get(name) for name in each.names) for each in filters)


class ReadOnlyView(Screen, ModelView):
    """A list over a table, through the read engine; rows and look-ups lie within the scope of whoever is logged in.

    `columns` {attribute: label} say what is shown, `scope` says whose rows: the name of the column with the store's id,
    EVERYBODY, or HEAD_OFFICE. `column_default_sort` (name, descending) and `column_sortable_list` name plain columns with
    an index. `search_exact`, `search_prefix`, `search_contains` name columns the search box looks in; `filters` the filters.
    `reads` names the columns that a list needs of its table, where it does not need them all.
    There is no count and no depth: a page begins behind the last row of the one before and knows whether another follows
    (`infra/keyset.py`). Pages are at most 100 rows.
    `sheet` names the export that has these rows, `sheet_fields` {field of the address: filter of that export}.
    """

    model: ClassVar[type[Any]]
    scope: ClassVar[str]
    columns: ClassVar[Mapping[str, Any]]
    details: ClassVar[Mapping[str, Any]] = {}
    reads: ClassVar[Sequence[str]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    sheet: ClassVar[str] = ""
    sheet_fields: ClassVar[Mapping[str, str]] = {}
    search_exact: ClassVar[Sequence[str]] = ()
    search_prefix: ClassVar[Sequence[str]] = ()
    search_contains: ClassVar[Sequence[str]] = ()
    search_hint: ClassVar[Said | str] = ""
    empty: ClassVar[Said | str] = say("还没有记录", "Nothing here yet")
    lead: ClassVar[Said | str] = ""

    can_create = can_edit = can_delete = can_export = False
    list_template = "console/list.html"
    details_template = "console/details.html"
    column_formatters: Any = {}
    column_formatters_detail: Any = {}
    action_delete = None
    dropped: ClassVar[frozenset[str]] = frozenset({
        "delete_view", "export", "ajax_lookup", "ajax_update", "create_view", "edit_view"})

    def __init__(self) -> None:
        super().__init__(self.model, read_only, **self.hung())

    def create_blueprint(self, admin: Any) -> Any:
        """Only routes that this screen serves exist."""
        self._urls = [each for each in type(self)._urls if self._serves(each[1])]
        return super().create_blueprint(admin)

    def _serves(self, method: str) -> bool:
        if method == "details_view":
            return bool(self.details) or type(self).details_view is not ReadOnlyView.details_view
        return method not in self.dropped and (method != "action_view" or bool(self._actions))

    def check(self, known: frozenset[str] | set[str]) -> None:
        """RuntimeError for a list without scope, with a wrong one, without order, or with an undeclared action."""
        mapped = set(self.model.__mapper__.columns.keys())
        scope = getattr(type(self), "scope", None)
        if scope not in mapped | {EVERYBODY, HEAD_OFFICE}:
            raise RuntimeError(f"{type(self).__name__}: scope must be a column, EVERYBODY or HEAD_OFFICE, not {scope!r}")
        if not self.column_default_sort:
            raise RuntimeError(f"{type(self).__name__}: column_default_sort is missing")
        names = {name for each in self.filters for name in each.names}
        if self.sheet and not (self.sheet in KINDS and self.sheet_fields.keys() <= names
                               and set(self.sheet_fields.values()) <= set(filters_of(self.sheet))):
            raise RuntimeError(f"{type(self).__name__}: sheet {self.sheet!r} or its fields are unknown")
        for name, (handler, *_) in self._actions_data.items():
            if getattr(handler, "_permission", None) not in known:
                raise RuntimeError(f"{type(self).__name__}: action {name!r} has no @needs of a permission that exists")

    # --- whose rows ---

    def scoped(self, query: Query[Any]) -> Query[Any]:
        """The one place where rows outside the scope of whoever is logged in are left out."""
        actor = context().actor
        if actor.sees_all or self.scope == EVERYBODY:
            return query
        if self.scope == HEAD_OFFICE:
            raise FORBIDDEN()
        return query.filter(getattr(self.model, self.scope).in_(sorted(actor.store_ids or ())))

    def get_query(self) -> Query[Any]:
        return self.scoped(read_only.session.query(self.model))

    def get_count_query(self) -> None:
        """Nothing is counted."""

    def get_one(self, id: str) -> Any:
        """The row, or None when it is absent or foreign."""
        if not ID.fullmatch(str(id)):
            return None
        return self.get_query().filter(self.key == id).first()

    def row_or_404(self, row_id: str) -> Any:
        """The row; absent and foreign ones are the same 404."""
        row = self.get_one(row_id)
        if row is None:
            raise NOT_FOUND()
        return row

    @property
    def key(self) -> Any:
        """The column that names a row."""
        return getattr(self.model, self.model.__mapper__.primary_key[0].name)

    # --- the list ---

    def asked(self) -> Asked:
        """What this request asks for; nonsense falls back to what is usual, a strange place in the list is refused."""
        args = request.args
        size = args.get("size", PAGE_SIZES[0], type=int)
        size = size if size in PAGE_SIZES else PAGE_SIZES[0]
        after, before = args.get("after", ""), args.get("before", "")
        sort = args.get("sort") if args.get("sort") in (self.column_sortable_list or ()) else None
        filters = {name: clean(args[name]) for each in self.filters for name in each.names if clean(args.get(name, ""))}
        return Asked(Turn(after or before, back=not after), size, sort, args.get("desc") == "1", clean(args.get("q", "")), filters)

    def fetch(self, asked: Asked) -> Leaf:
        """The page: rows with what `reads` names, and the places before and behind it; refuses (`bad_cursor`) a strange place."""
        query = self.narrowed(self.get_query(), asked).with_entities(*(getattr(self.model, name) for name in self._read()))

        def read(narrow: Callable[[Any], Any]) -> Iterable[Any]:
            try:
                return narrow(query).all()
            except DBAPIError as error:
                if error.connection_invalidated or type(error).__name__ not in ("DataError", "ProgrammingError"):
                    raise
                read_only.session.rollback()  # PostgreSQL found that what was asked for cannot be compared
                return ()

        return leaf(self.order(asked), asked.turn, asked.size, read)

    def _read(self) -> Sequence[str]:
        return self.reads or self.model.__mapper__.columns.keys()

    def narrowed(self, query: Query[Any], asked: Asked) -> Query[Any]:
        """The rows that fit the filters and the search."""
        for each in self.filters:
            query = each.apply(query, self.model, asked.filters)
        return self.search(query, asked.search) if asked.search and self.search_supported else query

    def search(self, query: Query[Any], text: str) -> Query[Any]:
        """Rows in which one of the searched columns fits."""
        columns = self.model.__mapper__.columns
        escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        fits = [columns[name] == text for name in self.search_exact]
        fits += [columns[name].like(f"{escaped}%", escape="\\") for name in self.search_prefix]
        fits += [columns[name].ilike(f"%{escaped}%", escape="\\") for name in self.search_contains]
        condition = fits[0]
        for each in fits[1:]:
            condition = condition | each
        return query.filter(condition)

    def order(self, asked: Asked) -> Sorting:
        """The asked or the usual order; the key decides among equals."""
        return self.by(asked.sort, asked.desc) if asked.sort else self.by(*self.column_default_sort)

    def by(self, name: str, desc: bool = False) -> Sorting:
        """The order by a column."""
        columns = self.model.__mapper__.columns
        return Sorting.of(columns[name], columns[self.key.key], desc)

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        """What formatters and templates need of other tables, asked once for the whole page (as `view.page["…"]`)."""
        return {}

    def row_url(self, row: Any) -> str | None:
        """Where the first column of a row leads."""
        return self.get_url(".details_view", row_id=self.row_key(row)) if self._serves("details_view") else None

    def buttons(self, row: Any) -> Sequence[Button]:
        """What can be done with a row, at its end."""
        return ()

    def header_buttons(self) -> Sequence[Button]:
        """What can be done on this screen, at its top."""
        return ()

    def sheet_filters(self, asked: Any) -> Mapping[str, str] | None:
        """What the export is told, so that it has the rows that the list shows; None when it cannot be told (a search, a filter
        that it does not know): then none is offered."""
        if asked.search or not asked.filters.keys() <= self.sheet_fields.keys():
            return None
        return {self.sheet_fields[name]: text for name, text in asked.filters.items()}

    def sheet_words(self, name: str) -> Mapping[str, Any]:
        """What the values of a filter of the sheet are called, as this list's own filter has it."""
        fields = {field for field, said in self.sheet_fields.items() if said == name}
        return {value: words for each in self.filters if fields & set(each.names)
                for value, words in getattr(each, "choices", {}).items()}

    def sheet_buttons(self, asked: Any) -> Sequence[Button]:
        """The buttons that export what the list shows."""
        filters = self.sheet_filters(asked) if self.sheet else None
        return () if filters is None else export_buttons(self.sheet, filters)

    def allowed_buttons(self, row: Any) -> list[Button]:
        """Of those, the ones that whoever is logged in may press."""
        return allowed(self.buttons(row))

    def row_key(self, row: Any) -> Any:
        """What names a row in addresses and forms."""
        return getattr(row, self.key.key)

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        """Tabs above the list: (label, address, whether it is the one shown, a number or None); saved filters, say."""
        return ()

    @property
    def search_supported(self) -> bool:
        own = type(self).search is not ReadOnlyView.search
        return own or bool(self.search_exact or self.search_prefix or self.search_contains)

    @property
    def page(self) -> Mapping[str, Any]:
        """What `beside` found for the rows that are shown."""
        return self._template_args.setdefault("_beside", {})

    def cell(self, row: Any, name: str) -> Any:
        """What a column shows of a row."""
        formatter = self.column_formatters.get(name)
        return value(formatter(self, None, row, name), _unless_id(name)) if formatter else value(getattr(row, name), name)

    def detail(self, row: Any, name: str) -> Any:
        """What the page of a row shows under a name."""
        formatter = self.column_formatters_detail.get(name) or self.column_formatters.get(name)
        return value(formatter(self, None, row, name), _unless_id(name)) if formatter else value(getattr(row, name), name)

    @expose("/")
    def index_view(self) -> Any:
        """The list."""
        asked = self.asked()
        leaf = self.fetch(asked)
        rows = list(leaf.rows)
        self._template_args["_beside"] = self.beside(rows)
        return self.render(
            self.list_template, rows=rows, asked=asked, leaf=leaf, page_sizes=PAGE_SIZES,
            here=lambda **change: self.get_url(".index_view", **asked.query(**change)),
            batch=[(name, text, self._actions_data[name][2]) for name, text in self._actions if self.is_action_allowed(name)],
            header_buttons=allowed([*self.sheet_buttons(asked), *self.header_buttons()]), NOTHING=NOTHING)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """All of one row."""
        row = self.row_or_404(row_id)
        self._template_args["_beside"] = self.beside([row])
        return self.render(self.details_template, row=row, header_buttons=allowed([*self.buttons(row)]))

    # --- actions on chosen rows ---

    def is_action_allowed(self, name: str) -> bool:
        handler = self._actions_data[name][0]
        return member().actor.may(handler._permission)

    @expose("/action/", methods=("POST",))
    @needs(BY_SCREEN)
    def action_view(self) -> Response:
        """An action on chosen rows; the action's own permission decides. Rows outside the scope are not found."""
        handler = self._actions_data.get(request.form.get("action", ""))
        if handler is None:
            raise BadRequest()
        if not self.is_action_allowed(request.form["action"]):
            raise FORBIDDEN()
        ids = list(dict.fromkeys(request.form.getlist("rowid")))
        if len(ids) > PAGE_SIZES[-1]:
            raise BadRequest()
        for each in ids:
            self.row_or_404(each)
        if not ids:
            flash(str(say("请先勾选要处理的行。", "Choose some rows first.")), "warn")
            return redirect(self.get_url(".index_view"), 303)
        return handler[0](ids) or redirect(self.get_url(".index_view"), 303)

    # --- Flask-Admin's own forms, filters and caches are not used ---

    def _refresh_cache(self) -> None:
        self._list_columns = list(self.columns.items())
        self._form_ajax_refs = {}


class EditView(ReadOnlyView):
    """A list whose rows can be made and changed with `form`; `save` calls a use case and nothing else writes.

    `edit_permission` is needed for both forms. `can_create` and `can_edit` say which of them exist.
    """

    form: ClassVar[type[Form]]
    edit_permission: ClassVar[str]
    can_create = can_edit = True
    create_label: ClassVar[Said | str] = say("新建", "New")
    edit_template = create_template = "console/edit.html"

    def _serves(self, method: str) -> bool:
        if method in ("create_view", "edit_view"):
            return self.can_create if method == "create_view" else self.can_edit
        return super()._serves(method)

    def check(self, known: frozenset[str] | set[str]) -> None:
        """RuntimeError when it is not said who may edit."""
        super().check(known)
        if getattr(type(self), "edit_permission", None) not in known:
            raise RuntimeError(f"{type(self).__name__}: edit_permission is missing")

    def save(self, form: Form, row: Any | None) -> Attempt:
        """`attempt` the use case with what the form says; `row` is None for a new one."""
        raise NotImplementedError

    def prepare(self, form: Form, row: Any | None) -> None:
        """Fill in choices before the form is shown or checked."""

    def initial(self, row: Any) -> Mapping[str, Any]:
        """What the form shows of a row where that differs from its attributes."""
        return {}

    def after_save(self, result: Attempt, row: Any | None) -> Any:
        """The answer when it was saved: back to the list, unless a screen knows better."""
        return redirect(self.get_url(".index_view"), 303)

    def more(self, row: Any | None) -> Mapping[str, Any]:
        """What the template of the form needs besides."""
        return {}

    def row_url(self, row: Any) -> str | None:
        details = super().row_url(row)
        if details is None and self.can_edit and member().actor.may(self.edit_permission):
            return self.get_url(".edit_view", row_id=self.row_key(row))
        return details

    def header_buttons(self) -> Sequence[Button]:
        if not self.can_create:
            return ()
        return (Button(self.create_label, self.get_url(".create_view"), self.edit_permission, tone="primary", icon="plus"),)

    def permission_of(self, method: str) -> str | None:
        editing = method in ("create_view", "edit_view")
        return getattr(type(self), "edit_permission", None) if editing else super().permission_of(method)

    @expose("/new/", methods=("GET", "POST"))
    @needs(BY_SCREEN)
    def create_view(self) -> Any:
        """The form for a new row."""
        self.get_query()  # refuses whoever sees none of these rows
        return self._form_page(None)

    @expose("/<id:row_id>/edit/", methods=("GET", "POST"))
    @needs(BY_SCREEN)
    def edit_view(self, row_id: str) -> Any:
        """The form for a row."""
        return self._form_page(self.row_or_404(row_id))

    def _form_page(self, row: Any | None) -> Any:
        posted = request.method == "POST"
        shown = None if row is None else _Shown(row, self.initial(row))
        form = self.form(request.form if posted else None, obj=shown)
        self.prepare(form, row)
        status = 200
        if posted:
            result = self.save(form, row) if form.validate() else None
            if result:
                return self.after_save(result, row)
            status = 422 if result is None else 409
        page = self.render(self.edit_template if row is not None else self.create_template, form=form, row=row,
                           **self.more(row))
        return page, status


def _unless_id(name: str) -> str:
    """What a formatter made of an identifier is no identifier any more."""
    return "" if name == "id" or name.endswith("_id") else name


class _Shown:
    """A row as its form shows it: what `initial` says, else its attributes."""

    def __init__(self, row: Any, differing: Mapping[str, Any]) -> None:
        self._row, self._differing = row, differing

    def __getattr__(self, name: str) -> Any:
        return self._differing[name] if name in self._differing else getattr(self._row, name)
