"""Reviews: what waits for a person, what is shown, hidden or rejected; answered, hidden with a reason, shown again."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import redirect, request
from markupsafe import Markup
from sqlalchemy import exists, select
from sqlalchemy.orm import Query

from admin import in_place
from admin.base import Asked, Attempt, Button, ReadOnlyView, action, attempt, client_key, expose, needs
from admin.filters import Choice, Filter
from admin.formats import badge, badges, plain, shown
from admin.gate import context
from admin.menu import AFTER
from admin.words import language, say
from backend.catalog.models import Product
from backend.kernel.errors import NOT_FOUND
from backend.queries.review_desk import beside_reviews, held_reviews, review_desk
from backend.reviews.models import Review, ReviewNote
from backend.usecases.answer_review import answer_review
from backend.usecases.hide_review import hide_review
from backend.usecases.reject_review import reject_review
from backend.usecases.show_review import show_review

STATES = {
    "held": (say("待人工审核", "Waits for you"), "warn"), "checking": (say("微信审核中", "WeChat checks"), "info"),
    "shown": (say("已展示", "Shown"), "good"), "hidden": (say("已隐藏", "Hidden"), "plain"),
    "rejected": (say("未通过", "Not accepted"), "bad"),
}
LOOKS = {
    "open": (say("待检测", "To be checked"), "info"), "sent": (say("检测中", "Being checked"), "info"),
    "passed": (say("通过", "Passed"), "good"), "doubtful": (say("疑似", "Doubtful"), "warn"),
    "risky": (say("违规", "Risky"), "bad"), "unjudged": (say("微信未判定", "Not judged"), "warn"),
}
PROBLEMS = {
    "61010": say("会员两小时内未使用小程序，微信不检测", "the member was not in the mini-program for two hours"),
    "45009": say("今日检测次数已用完，明天零点后自动再送", "no checks left today; asked again after midnight"),
    "no openid": say("没有会员的微信标识", "the member has no openid"),
    "no verdict in time": say("微信超时未答复", "no answer in time"), "-1008": say("微信取不到图片", "WeChat could not fetch it"),
}
NOTES = {"": say("评价", "Review"), "follow_up": say("追评", "Addition"), "reply": say("商家回复", "Answer")}


def stars(count: int) -> Markup:
    """Five stars, `count` of them full."""
    return Markup('<span class="stars" title="{}">{}<i>{}</i></span>').format(count, "★" * count, "★" * (5 - count))


def words(text: str) -> Markup:
    """A text under a column of ids, which would be shown as one."""
    return Markup("{}").format(plain(text))


class Waits(Filter):
    """Reviews in a state; `held` also finds those of which an addition or an answer waits."""

    kind = "hidden"

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        if text not in STATES:
            return query
        if text != "held":
            return query.filter(column == text)
        waiting = exists().where(ReviewNote.review_id == Review.id, ReviewNote.state == "held")
        return query.filter((column == text) | waiting)


class OfProduct(Filter):
    """Reviews of products whose title has this in it, or of the product with this id."""

    def narrow(self, query: Query[Any], column: Any, text: str) -> Query[Any]:
        titled = select(Product.id).where(Product.title.icontains(text, autoescape=True) | (Product.id == text)).limit(500)
        return query.filter(column.in_(titled))


class Reviews(ReadOnlyView):
    """All reviews within the scope, newest first."""

    title, permission, category, icon, endpoint = say("评价", "Reviews"), "reviews.view", AFTER, "star", "reviews"
    model, scope = Review, "store_id"
    columns = {"stars": say("星级", "Stars"), "text": say("内容", "Text"), "pictures": say("图片", "Pictures"),
               "product_id": say("商品", "Goods"), "member_id": say("会员", "Member"), "state": say("状态", "State"),
               "notes": say("追评 / 回复", "Additions"), "written_at": say("时间", "Written")}
    column_default_sort = ("id", True)
    search_contains, search_hint = ("text",), say("评价内容", "Words of the review")
    filters = (Waits("state", say("状态", "State")), OfProduct("product_id", say("商品", "Goods")),
               Choice("stars", say("星级", "Stars"), {str(count): f"{count} ★" for count in range(5, 0, -1)}))
    sheet, sheet_fields = "reviews", {"state": "state", "product_id": "product", "stars": "stars"}
    list_template = "reviews/list.html"

    @property
    def column_formatters(self) -> Any:
        return {"stars": shown(lambda row: stars(row.stars)), "text": shown(self._text), "pictures": shown(self._pictures),
                "product_id": shown(lambda row: words(self._of(row, "title"))), "state": badges(STATES),
                "member_id": shown(self._author), "notes": shown(self._notes)}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        about, notes = beside_reviews(context(), review_ids=[row.id for row in rows])
        return {"about": about, "notes": notes}

    def sheet_words(self, name: str) -> Mapping[str, Any]:
        return {state: words for state, (words, _) in STATES.items()} if name == "state" else super().sheet_words(name)

    def tab_rows(self, asked: Asked) -> Sequence[tuple[Any, str, bool, Any]]:
        state = asked.filters.get("state", "")
        names = {"": say("全部", "All")} | {name: said for name, (said, _) in STATES.items()}
        return [(label, self.get_url(".index_view", **({"state": name} if name else {})), state == name,
                 held_reviews(context()) or None if name == "held" else None) for name, label in names.items()]

    def _of(self, row: Any, name: str) -> Any:
        about = self.page["about"].get(row.id)
        return getattr(about, name) if about is not None else ""

    def _text(self, row: Any) -> Any:
        text = plain(row.text)
        short = (text if len(text) <= 60 else f"{text[:59]}…") or say("（只有星级）", "(stars only)")
        return Markup('<a href="{}">{}</a>').format(self.get_url(".details_view", row_id=row.id), short)

    def _pictures(self, row: Any) -> Any:
        return Markup('<span class="thumbs">{}</span>').format(Markup("").join(thumb(key) for key in row.pictures[:3])) \
            if row.pictures else None

    def _author(self, row: Any) -> Any:
        closed = self._of(row, "member_state") == "closed"
        name = say("已注销", "Closed account") if closed else words(self._of(row, "nickname"))
        return [name, badge(say("匿名", "Anonymous"))] if row.anonymous else name

    def _notes(self, row: Any) -> Any:
        notes = self.page["notes"].get(row.id, {})
        return [badge(NOTES[kind], STATES[notes[kind]][1]) for kind in ("follow_up", "reply") if kind in notes] or None

    def buttons(self, row: Any) -> Sequence[Button]:
        return (Button(say("查看", "Open"), self.get_url(".details_view", row_id=row.id), "reviews.view"),)

    @expose("/<id:row_id>/")
    def details_view(self, row_id: str) -> Any:
        """One review with its pictures, what WeChat said, the answer, and what can be done."""
        desk = review_desk(context(), review_id=self.row_or_404(row_id).id, language=language())
        return self.render("reviews/details.html", desk=desk, review=desk.review, states=STATES, looks=LOOKS, problems=PROBLEMS,
                           note_words=NOTES, stars=stars, thumb=thumb)

    @expose("/<id:row_id>/reply/", methods=("POST",))
    @needs("reviews.manage")
    def reply(self, row_id: str) -> Any:
        """Write or change the answer."""
        attempt(answer_review, review_id=self.row_or_404(row_id).id, text=request.form.get("text", ""), key=client_key(),
                done=say("回复已提交，微信检测通过后展示。", "Saved; it is shown once WeChat has let it pass."))
        return self._back(row_id)

    @expose("/<id:row_id>/show/", methods=("POST",))
    @needs("reviews.manage")
    def show(self, row_id: str) -> Any:
        """Let a held one pass, or show a hidden one again."""
        return self._decide(row_id, lambda subject: attempt(show_review, subject=subject, done=say("已展示。", "It is shown now.")))

    @expose("/<id:row_id>/hide/", methods=("POST",))
    @needs("reviews.manage")
    def hide(self, row_id: str) -> Any:
        """Hide a shown one, with a reason."""
        reason = request.form.get("reason", "")
        return self._decide(row_id, lambda subject: attempt(
            hide_review, subject=subject, reason=reason,
            done=say("已隐藏，评价人会看到原因。", "Hidden; the author sees the reason.")))

    @expose("/<id:row_id>/reject/", methods=("POST",))
    @needs("reviews.manage")
    def reject(self, row_id: str) -> Any:
        """Send a held one back, with a reason."""
        reason = request.form.get("reason", "")
        return self._decide(row_id, lambda subject: attempt(
            reject_review, subject=subject, reason=reason,
            done=say("已退回，评价人可修改后重新提交。", "Sent back; the author may rewrite it.")))

    def _decide(self, row_id: str, act: Callable[[str], Attempt]) -> Any:
        """Act on the review, or on the note of it that the form names."""
        desk = review_desk(context(), review_id=self.row_or_404(row_id).id)
        subject = request.form.get("subject", row_id)
        if subject not in {row_id, *(note.id for note in (desk.follow_up, desk.reply) if note is not None)}:
            raise NOT_FOUND()
        act(subject)
        return self._back(row_id)

    def _back(self, row_id: str) -> Any:
        return redirect(self.get_url(".details_view", row_id=row_id), 303)

    @action("show", say("通过并展示", "Let pass"),
            say("展示所选评价？您的姓名会记录在案。", "Show the chosen? Your name is kept on record."))
    @needs("reviews.manage")
    def show_chosen(self, ids: Sequence[str]) -> None:
        """Let the chosen ones pass; whatever cannot be says why."""
        done = [attempt(show_review, subject=each, quiet=True) for each in ids]
        if passed := sum(map(bool, done)):
            attempt(lambda _: passed, done=say(f"已展示 {passed} 条。", f"{passed} are shown now."))
        for sentence, count in Counter(each.sentence for each in done if not each).items():
            in_place.tell(str(say(f"{count} 条没有改变：{sentence}", f"{count} did not change: {sentence}")))


def thumb(key: str) -> Markup:
    """A small picture that leads to the whole one."""
    return Markup('<a href="/api/v1/pictures/{0}" target="_blank" rel="noopener"><img class="thumb" alt="{1}" loading="lazy"'
                  ' src="/api/v1/pictures/{0}?size=160"></a>').format(key, say("评价图片", "Picture"))
