"""Who may import, what is kept of a file's name, and how far an import is."""

import pytest

from backend.imports import KINDS, rules
from backend.kernel.actors import shopper, staff
from backend.kernel.errors import Refused
from backend.organisation.rules import PERMISSIONS


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_permission(kind):
    needed = rules.NEEDED[kind]
    assert needed in PERMISSIONS
    rules.check_asker(staff("s", [needed]), kind)
    for other in (staff("s", set(PERMISSIONS) - {needed}), shopper("m")):
        with pytest.raises(Refused) as refused:
            rules.check_asker(other, kind)
        assert refused.value.code == "forbidden"
        with pytest.raises(Refused) as refused:
            rules.check_still(other, kind)
        assert refused.value.code == "import_not_allowed"


@pytest.mark.parametrize(("name", "shown"), [
    ("商品.csv", "商品.csv"), ("../../etc/passwd", "passwd"), ("C:\\data\\a.xlsx", "a.xlsx"), ("", "?"), ("a\0\u202eb\n", "ab"),
    ("x" * 300, "x" * 120), ("<img src=x>", "<img src=x>")])
def test_of_a_name_the_last_part_is_shown(name, shown):
    assert rules.shown_name(name) == shown


def test_percent():
    assert [rules.percent(seen, 200) for seen in (0, 1, 100, 200)] == [0, 0, 50, 99]
    assert rules.percent(0, None) is None and rules.percent(0, 0) == 0
