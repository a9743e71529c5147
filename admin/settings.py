"""Settings: the shop's rules, each with its unit, its bounds and why it is there; what changed when."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request

from admin.base import Page, attempt, expose, needs
from admin.gate import context
from admin.menu import SYSTEM
from admin.words import either, language, say
from backend.infra.shop_rules import GROUPS, UNITS, Rule
from backend.kernel.errors import Refused
from backend.kernel.money import format_yuan, parse_yuan
from backend.queries.regions import below
from backend.queries.shop_rules import shop_rules_history, shop_rules_shown
from backend.usecases.change_shop_rules import change_shop_rules


def provinces() -> dict[str, str]:
    """The names of provinces by the first two digits of their codes."""
    return {each["code"][:2]: each["name"] for each in below(None)}


def written(rule: Rule, value: Any) -> str:
    """A value as its field shows it: amounts in yuan."""
    if value is None:
        return ""
    return format_yuan(value).removeprefix("¥") if rule.unit == "fen" else str(value)


def read(rule: Rule, text: str) -> Any:
    """What somebody wrote as the value it means; what it cannot mean stays text, and the rule refuses it."""
    text = text.strip()
    if rule.is_text or rule.unit == "provinces":
        return text
    try:
        return parse_yuan(text.replace(",", "").removeprefix("¥")) if rule.unit == "fen" else int(text)
    except (TypeError, ValueError):
        return text


def problem(rule: Rule, value: Any) -> str:
    """Why a rule cannot have this value; empty when it can."""
    try:
        if value is not None:
            rule.checked(value)
    except Refused as refused:
        return refused.sentence(language())
    return ""


def in_words(rule: Rule, value: Any) -> Any:
    """A value with its unit, for the history."""
    if value is None:
        return say("默认", "default")
    if rule.unit == "fen":
        return format_yuan(value)
    if rule.unit == "provinces":
        known = provinces()
        return str(say("、", ", ")).join(known.get(code, code) for code in value.split(",") if code) or say("无", "none")
    return f"{value} {either(UNITS[rule.unit])}".strip()


class ShopSettings(Page):
    """The shop's rules as a form."""

    title, permission, category, icon, endpoint = say("设置", "Settings"), "settings.edit", SYSTEM, "gear", "settings"

    @expose("/")
    def index(self) -> Any:
        """The form and its history."""
        return self._page({}, {})

    @expose("/", methods=("POST",))
    @needs("settings.edit")
    def save(self) -> Any:
        """Save what differs from what was shown; a refusal stands beside its field and nothing is saved."""
        shown = {each.rule.name: each for each in shop_rules_shown(context())}
        given = {name: ",".join(sorted(request.form.getlist(name)))[:500] for name in shown if f"was-{name}" in request.form}
        values: dict[str, Any] = {}
        for name, text in given.items():
            if f"default-{name}" in request.form:
                values[name] = None
            elif text.strip() != request.form.get(f"was-{name}", "").strip():
                values[name] = read(shown[name].rule, text)
        seen = {name: version for name in values if (version := request.form.get(f"version-{name}", 0, type=int))}
        if not values:
            flash(str(say("没有改动。", "Nothing was changed.")), "info")
            return redirect(self.get_url(".index"), 303)
        wrong = {name: sentence for name, value in values.items() if (sentence := problem(shown[name].rule, value))}
        if wrong:
            return self._page(given, wrong), 422
        saved = attempt(change_shop_rules, values=values, seen=seen, quiet=True,
                        done=say("已保存，几秒内在所有地方生效。", "Saved; it counts everywhere within seconds."))
        if saved:
            return redirect(self.get_url(".index"), 303)
        assert saved.refused is not None
        wrong = {saved.refused.details.get("name", ""): saved.sentence}
        return self._page(given, wrong), 409 if saved.refused.code == "rule_changed_meanwhile" else 422

    def _page(self, given: Mapping[str, str], wrong: Mapping[str, str]) -> Any:
        shown = shop_rules_shown(context())
        groups = [(either(words), [each for each in shown if each.rule.group == name]) for name, words in GROUPS.items()]
        return self.render("settings/index.html", groups=[group for group in groups if group[1]], given=given, wrong=wrong,
                           written=written, units=UNITS, history=shop_rules_history(context()), in_words=in_words,
                           provinces=provinces())
