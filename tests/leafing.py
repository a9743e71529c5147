"""Reading a list page by page, as people do: `leafed(lambda turn: goods_list(ctx(), turn=turn))` → the rows of each page."""

from collections.abc import Callable
from typing import Any

from backend.infra.keyset import FIRST, Leaf, Turn


def leafed(fetch: Callable[[Turn], Leaf], meanwhile: Callable[[], Any] = lambda: None) -> list[list[Any]]:
    """All pages forward; `meanwhile` happens before each page but the first. Going back from the last shows the same pages."""
    leaves = [fetch(FIRST)]
    while leaves[-1].next is not None:
        meanwhile()
        leaves.append(fetch(Turn(leaves[-1].next)))
    assert [each.number for each in leaves] == list(range(1, len(leaves) + 1))
    assert (leaves[0].previous is None) and all(each.previous for each in leaves[1:] if each.rows)
    if len(leaves) > 2 and leaves[-1].previous:
        back = fetch(Turn(leaves[-1].previous, back=True))
        assert list(back.rows) == list(leaves[-2].rows) and back.number == len(leaves) - 1 and back.next is not None
    return [list(each.rows) for each in leaves]
