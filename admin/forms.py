"""Forms of the console on WTForms: our own words for what is wrong, yuan fields that hold fen, no HTML from anybody."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flask_admin.babel import Translations
from flask_admin.form import BaseForm
from wtforms import Field, PasswordField, SelectChoice, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from admin.typed import fen_of
from admin.words import say
from backend.kernel.money import format_yuan


class Form(BaseForm):
    """The base of every form; the token against foreign forms is checked by the gate and drawn by the template.

    `refusals` says beside which field the refusals of its use case stand: {code: field}; the others are messages of the page.
    """

    refusals: ClassVar[Mapping[str, str]] = {}

    def blame(self, code: str, sentence: str) -> bool:
        """Put a refusal beside the field that it is about; false when it is about none."""
        field = self._fields.get(self.refusals.get(code, ""))
        if field is None:
            return False
        field.errors = [*field.errors, sentence]
        return True

    class Meta(BaseForm.Meta):
        _translations = Translations()


def required() -> InputRequired:
    """Something must be given."""
    return InputRequired(say("请填写此项。", "Please fill this in."))


def at_most(length: int) -> Length:
    """No longer than so many characters."""
    return Length(max=length, message=say(f"最多 {length} 个字。", f"At most {length} characters."))


class Line(StringField):
    """One line of text without spaces around it."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""


class YuanField(Field):
    """An amount that people write in yuan and that `data` holds in fen, exact to the fen; empty is None.

    Refuses more than two decimals, what is no number, and what lies outside `least` and `most` (in fen).
    """

    widget = TextInput()

    def __init__(self, label: Any = None, validators: Any = None, *, least: int = 0, most: int = 10**9, **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.least, self.most = least, most
        self.render_kw = {"inputmode": "decimal", "autocomplete": "off", "data-unit": "¥"} | (self.render_kw or {})

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else format_yuan(self.data).replace("¥", "")

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        try:
            self.data = fen_of(valuelist[0]) if valuelist else None
        except (ValueError, TypeError):
            raise ValueError(str(say("请填写金额，单位为元，最多两位小数，例如 12.50。",
                                     "Please give an amount in yuan with at most two decimals, such as 12.50."))) from None

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation()
        if self.data is not None and not self.least <= self.data <= self.most:
            least, most = (format_yuan(each) for each in (self.least, self.most))
            raise ValidationError(str(say(f"金额须在 {least} 与 {most} 之间。",
                                          f"The amount must lie between {least} and {most}.")))


class _Box(CheckboxInput):
    """One box of several: that something must be chosen does not mean this one."""

    validation_attrs = ["disabled"]


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What can be chosen, from (value, words); the words are put into the page's language when it is drawn."""
    return [SelectChoice(value, words) for value, words in pairs]


class Checkboxes(SelectMultipleField):
    """Several of some choices, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = _Box()


class NewPasswordForm(Form):
    """A new password, twice."""

    refusals = {"password_too_short": "new", "password_too_long": "new", "password_too_simple": "new", "password_same": "new"}
    new = PasswordField(say("新密码", "New password"), [required()], render_kw={"autocomplete": "new-password"},
                        description=say("至少 10 个字符，可以用一句话。", "At least 10 characters; a sentence is fine."))
    again = PasswordField(say("再输一次", "Once more"), [required()], render_kw={"autocomplete": "new-password"})

    def validate_again(self, field: Field) -> None:
        """Both are the same."""
        if field.data != self.new.data:
            raise ValidationError(str(say("两次输入的密码不一样。", "The two passwords differ.")))
