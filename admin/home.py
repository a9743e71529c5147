"""The front page of the console."""

from typing import Any

from admin.base import Page, expose
from admin.permissions import ANY_STAFF
from admin.words import say


class Home(Page):
    """Where everybody begins: the screens that one may see."""

    title, permission, icon, endpoint = say("首页", "Home"), ANY_STAFF, "home", ""

    @expose("/")
    def index(self) -> Any:
        """Every screen of one's own as a card."""
        groups = [item for item in self.admin.menu() if item.is_category() and item.get_children()]  # type: ignore[union-attr]
        return self.render("console/home.html", groups=groups)
