"""Pick-up points: where they are, when they are open, who serves there, and what waits."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import BooleanField, FloatField, IntegerField, SelectField, TextAreaField
from wtforms.validators import NumberRange, Optional, ValidationError

from admin.base import Attempt, Button, EditView, attempt, client_key, expose, needs
from admin.catalogue import picture_url, thumb
from admin.filters import Choice, YesNo
from admin.formats import badge, badges, plain, shown
from admin.forms import Form, Line, at_most, options, required
from admin.gate import context
from admin.menu import TRADE
from admin.words import language, say
from backend.pickups.models import PickupPoint
from backend.queries.pickup_counter import point_counts, point_staff, waiting_orders
from backend.queries.pickup_points import opening
from backend.queries.regions import names_of
from backend.queries.stores_in_scope import stores_in_scope
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff

KINDS = {"store": (say("门店", "Store"), "info"), "community": (say("小区", "Community"), "good")}
DAYS = (("mon", say("周一", "Monday")), ("tue", say("周二", "Tuesday")), ("wed", say("周三", "Wednesday")),
        ("thu", say("周四", "Thursday")), ("fri", say("周五", "Friday")), ("sat", say("周六", "Saturday")),
        ("sun", say("周日", "Sunday")))
SPAN = re.compile(r"(\d{1,2}):(\d{2})[-–—~至到](\d{1,2}):(\d{2})")


def read_spans(text: str) -> list[tuple[str, str]]:
    """The spans in "9:00-12:00，14:00-18:00"; what is none becomes one that the use case refuses. Empty: closed that day."""
    parts = [part for part in re.split(r"[,，、;；\s]+", text.replace("：", ":")) if part]
    found = []
    for part in parts:
        span = SPAN.fullmatch(part)
        found.append((f"{int(span[1]):02}:{span[2]}", f"{int(span[3]):02}:{span[4]}") if span else (part, ""))
    return found


def read_days(text: str) -> list[date]:
    """The days in a text, one a line; ValueError for anything else."""
    return [date.fromisoformat(part) for part in re.split(r"[,，、;；\s]+", text) if part]


class PointForm(Form):
    """A pick-up point as people write it down."""

    refusals = {"point_name": "name", "point_kind": "kind", "point_detail": "detail", "point_guide": "guide",
                "point_position": "position", "closed_days": "closed_days", "opening_hours": "mon", "phone": "phone",
                "place": "longitude", "region": "region_code"}
    name = Line(say("名称", "Name"), [required(), at_most(40)])
    kind = SelectField(say("类型", "Kind"), choices=options((name, words) for name, (words, _) in KINDS.items()))
    store_id = SelectField(say("所属门店", "Store"), description=say(
        "在这里自提的订单归这家门店。", "Orders that are fetched here belong to this store."))
    region_code = Line(say("所在区县", "District"), [required()], render_kw={"data-region": "", "inputmode": "numeric"},
                       description=say("选择到区县。", "Down to the district."))
    detail = Line(say("详细地址", "Street address"), [required(), at_most(120)])
    longitude = FloatField(say("经度", "Longitude"), [required(), NumberRange(-180, 180)], render_kw={"inputmode": "decimal"})
    latitude = FloatField(say("纬度", "Latitude"), [required(), NumberRange(-90, 90)], render_kw={"inputmode": "decimal"},
                          description=say("在腾讯地图上点选位置即可看到经纬度（GCJ-02），顾客据此看到距离。",
                                          "GCJ-02, as Tencent's map shows it; shoppers see the distance by it."))
    phone = Line(say("电话", "Phone"), [required()])
    mon, tue, wed, thu, fri, sat, sun = (Line(words, [at_most(60)], render_kw={
        "placeholder": say("休息", "closed"), "data-hours": ""}) for _, words in DAYS)
    closed_days = TextAreaField(say("休息日", "Closed days"), [at_most(1000)], description=say(
        "一行一天，例如 2026-10-01。过去的日子会自动清除。", "One a line, such as 2026-10-01. Past days go by themselves."))
    guide = TextAreaField(say("取货指引", "How to find it"), [at_most(500)])
    position = IntegerField(say("排序", "Position"), [Optional(), NumberRange(0, 9999)], description=say(
        "小的在前；顾客给了位置时按距离排。", "Small numbers first; by distance when the shopper's place is known."))
    active = BooleanField(say("接受新订单", "Takes new orders"), default=True)

    def validate_closed_days(self, field: Any) -> None:
        """Days and nothing else."""
        try:
            read_days(field.data or "")
        except ValueError:
            raise ValidationError(str(say("日期写作 2026-10-01，一行一个。", "Write days as 2026-10-01, one a line."))) from None


class PickupPoints(EditView):
    """Pick-up points of the stores that one sees."""

    title, permission, category, icon, endpoint = (
        say("自提点", "Pick-up points"), "orders.view", TRADE, "pin", "pickup-points")
    model, scope, edit_permission, form = PickupPoint, "store_id", "points.edit", PointForm
    create_label = say("新建自提点", "New point")
    list_template = "pickups/list.html"
    edit_template = create_template = "pickups/point_form.html"
    columns = {"name": say("名称", "Name"), "kind": say("类型", "Kind"), "detail": say("地址", "Address"),
               "hours": say("营业时间", "Hours"), "waiting": say("待自提", "Waiting"), "active": say("状态", "State")}
    column_default_sort = ("position", False)
    search_contains, search_hint = ("name", "detail"), say("名称或地址", "Name or address")
    filters = (Choice("kind", say("类型", "Kind"), {name: words for name, (words, _) in KINDS.items()}),
               YesNo("active", say("接单", "Takes orders")))
    empty = say("还没有自提点。新建一个，顾客下单时就能选择自提。", "No point yet. Make one, and shoppers can choose it.")
    column_formatters = {
        "name": shown(lambda row: Markup('<span class="goods">{}<b>{}</b></span>').format(thumb(row.picture), plain(row.name))),
        "kind": badges(KINDS),
        "detail": shown(lambda row: "".join(dict.fromkeys(names_of(row.region_code)[1:])) + row.detail),
        "hours": shown(lambda row: "；".join(opening(row, context().now, language()).hours_text)),
        "waiting": lambda view, _, row, __: waiting_badges(view.page["counts"][row.id]),
        "active": shown(lambda row: state_badge(row)),
    }

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        """What waits at each point of the page."""
        return {"counts": point_counts(context(), point_ids=[row.id for row in rows])}

    def buttons(self, row: Any) -> Sequence[Button]:
        return (Button(say("编辑", "Edit"), self.get_url(".edit_view", row_id=row.id), "points.edit"),
                Button(say("核销员", "Staff"), self.get_url(".staff", row_id=row.id), "points.edit"))

    def prepare(self, form: Form, row: Any | None) -> None:
        form["store_id"].choices = options(stores_in_scope(context()).items())

    def initial(self, row: Any) -> Mapping[str, Any]:
        hours = {name: ", ".join("-".join(span) for span in spans) for (name, _), spans in zip(DAYS, row.hours, strict=True)}
        return hours | {"longitude": row.longitude_e6 / 1e6, "latitude": row.latitude_e6 / 1e6,
                        "closed_days": "\n".join(row.closed_on)}

    def save(self, form: Form, row: Any | None) -> Attempt:
        closed_on = read_days(form["closed_days"].data or "")
        plain = {name: form[name].data for name in (
            "name", "kind", "store_id", "region_code", "detail", "phone", "longitude", "latitude", "active")}
        return attempt(
            save_pickup_point, **plain, guide=form["guide"].data or "", position=form["position"].data or 0, closed_on=closed_on,
            hours=[read_spans(form[name].data or "") for name, _ in DAYS], picture=request.form.get("picture") or None,
            point_id=row.id if row is not None else None, key=client_key(), form=form, done=say("已保存。", "Saved."))

    def more(self, row: Any | None) -> Mapping[str, Any]:
        """The picture: what was just sent, else what the point has."""
        kept = row.picture if row is not None else None
        return {"picture": request.form.get("picture") if request.method == "POST" else kept}

    def after_save(self, result: Attempt, row: Any | None) -> Response:
        """A new point needs staff; a changed one shows itself."""
        return redirect(self.get_url(".staff" if row is None else ".details_view", row_id=result.value), 303)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """A point with what waits there and who serves."""
        row = self.row_or_404(row_id)
        actor = context().actor
        staff = point_staff(context(), point_id=row_id) if actor.may("points.edit") else []
        overdue: list[dict[str, Any]] = []
        if actor.may("points.edit") and actor.may("orders.hand_over"):
            overdue, _ = waiting_orders(context(), point_id=row_id, which="overdue")
        return self.render(
            "pickups/point.html", row=row, counts=point_counts(context(), point_ids=[row_id])[row_id],
            opening=opening(row, context().now, language()), place="".join(dict.fromkeys(names_of(row.region_code))),
            staff=[each for each in staff if each["bound"]], picture_url=picture_url,
            overdue=overdue, header_buttons=self.allowed_buttons(row))

    @expose("/<id:row_id>/staff/")
    def staff(self, row_id: str) -> Any:
        """Who serves here."""
        return self._staff_page(row_id)

    @expose("/<id:row_id>/staff/", methods=("POST",))
    @needs("points.edit")
    def set_staff(self, row_id: str) -> Any:
        """Say who serves here."""
        self.row_or_404(row_id)
        done = attempt(set_point_staff, point_id=row_id, staff_ids=request.form.getlist("staff_id"),
                       done=say("核销员已更新。", "The staff of the point was changed."))
        return redirect(self.get_url(".details_view", row_id=row_id), 303) if done else (self._staff_page(row_id), 409)

    def _staff_page(self, row_id: str) -> Any:
        row = self.row_or_404(row_id)
        people = point_staff(context(), point_id=row_id)
        return self.render("pickups/point_staff.html", row=row, people=people)

    def permission_of(self, method: str) -> str | None:
        return "points.edit" if method == "staff" else super().permission_of(method)


def waiting_badges(counts: Mapping[str, int]) -> Any:
    """What waits at a point: the number, and how much of it for too long."""
    if not counts["waiting"]:
        return "0"
    found = [badge(counts["waiting"], "info")]
    if counts["overdue"]:
        found.append(badge(say(f"超时 {counts['overdue']}", f"{counts['overdue']} overdue"), "warn"))
    return found


def state_badge(row: Any) -> Any:
    """Whether a point takes orders, and is open now."""
    if not row.active:
        return badge(say("停用", "Closed down"))
    open_now = opening(row, context().now, language()).open_now
    return badge(say("营业中", "Open"), "good") if open_now else badge(say("休息中", "Closed now"), "warn")
