"""Regions, dealers and stores: the places of the organisation, and the scopes of its staff."""

from collections.abc import Mapping
from typing import Any

from wtforms import SelectField

from admin.base import HEAD_OFFICE, Attempt, EditView, attempt, client_key
from admin.filters import Choice
from admin.forms import Form, Line, at_most, options, required
from admin.gate import context
from admin.menu import ORGANISATION
from admin.words import say
from backend.organisation.models import Dealer, Region, Store
from backend.queries.staff import places
from backend.usecases.save_dealer import save_dealer
from backend.usecases.save_region import save_region
from backend.usecases.save_store import save_store

SAVED = say("已保存。", "Saved.")
NAME, REGION, DEALER, CREATED = (say("名称", "Name"), say("区域", "Region"), say("经销商", "Dealer"), say("创建时间", "Created"))
NONE = say("无", "None")


def named(kind: str) -> Any:
    """A column formatter: the name of the place whose id the row holds."""
    return lambda view, _, row, name: view.page["places"].name(kind, getattr(row, name))


def filter_by(kind: str, label: Any) -> Choice:
    """A filter by region or dealer."""
    return Choice(f"{kind}_id", label, lambda: getattr(places(context()), kind))


class RegionForm(Form):
    """A region has a name."""

    refusals = {"place_name": "name", "place_taken": "name"}
    name = Line(NAME, [required(), at_most(64)])


class DealerForm(RegionForm):
    """A dealer may lie in a region."""

    region_id = SelectField(REGION, default="", description=say("改动后，该经销商的门店一起改到新区域。",
                                                    "A change takes the dealer's stores along."))


class StoreForm(RegionForm):
    """A store may belong to a dealer, or lie in a region by itself."""

    dealer_id = SelectField(DEALER, default="")
    region_id = SelectField(REGION, default="", description=say("选了经销商时，以经销商的区域为准。",
                                                    "With a dealer, the dealer's region counts."))


class Place(EditView):
    """What the three lists have in common."""

    permission = edit_permission = "staff.manage"
    category, scope = ORGANISATION, HEAD_OFFICE
    column_default_sort = ("name", False)
    column_sortable_list = ("name", "created_at")
    search_contains, search_hint = ("name",), NAME

    def prepare(self, form: Form, row: Any | None) -> None:
        known = places(context())
        for kind in ("region", "dealer"):
            if f"{kind}_id" in form:
                form[f"{kind}_id"].choices = options([("", NONE), *getattr(known, kind).items()])

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        return {"places": places(context())}


class Regions(Place):
    """Regions."""

    title, icon, endpoint, model, form = say("区域", "Regions"), "map", "regions", Region, RegionForm
    columns = {"name": NAME, "created_at": CREATED}

    def save(self, form: Any, row: Any | None) -> Attempt:
        return attempt(save_region, region_id=row.id if row else None, name=form.name.data, key=client_key(), form=form, done=SAVED)


class Dealers(Place):
    """Dealers."""

    title, icon, endpoint, model, form = say("经销商", "Dealers"), "user", "dealers", Dealer, DealerForm
    columns = {"name": NAME, "region_id": REGION, "created_at": CREATED}
    column_formatters = {"region_id": named("region")}
    filters = (filter_by("region", REGION),)

    def save(self, form: Any, row: Any | None) -> Attempt:
        return attempt(save_dealer, dealer_id=row.id if row else None, name=form.name.data, region_id=form.region_id.data,
                       key=client_key(), form=form, done=SAVED)


class Stores(Place):
    """Stores."""

    title, icon, endpoint, model, form = say("门店", "Stores"), "store", "stores", Store, StoreForm
    columns = {"name": NAME, "dealer_id": DEALER, "region_id": REGION, "created_at": CREATED}
    column_formatters = {"region_id": named("region"), "dealer_id": named("dealer")}
    filters = (filter_by("region", REGION), filter_by("dealer", DEALER))

    def save(self, form: Any, row: Any | None) -> Attempt:
        return attempt(save_store, store_id=row.id if row else None, name=form.name.data, dealer_id=form.dealer_id.data,
                       region_id=form.region_id.data, key=client_key(), form=form, done=SAVED)
