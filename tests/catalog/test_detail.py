"""The detail of a product: what its signs mean, and that nothing in it is ever more than text and our own pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog.detail import Block, blocks, html_in, pictures
from backend.catalog.rules import check_texts
from backend.kernel.errors import Refused

KEY = "0123456789abcdef0123456789abcdef.jpg"


def test_a_detail_with_everything():
    detail = f"## 产地\r\n山东烟台\n现摘现发\n\n - 5斤装\n* 9斤装\n\n![果园]({KEY})\n# 保存\n冷藏"
    assert blocks(detail) == [
        Block("heading", "产地"),
        Block("text", "山东烟台\n现摘现发"),
        Block("list", items=("5斤装", "9斤装")),
        Block("picture", "果园", picture=KEY),
        Block("heading", "保存"),
        Block("text", "冷藏"),
    ]
    assert pictures(detail) == [KEY]


@pytest.mark.parametrize(
    "line",
    [
        "![x](javascript:alert(1))",
        "![x](https://elsewhere.example/a.png)",
        "![x](data:image/svg+xml,<svg>)",
        f"![x](/{KEY})",
        f"![x]({KEY}?a)",
        f"![x]({KEY.upper()})",
        "[link](https://elsewhere.example)",
        "#无空格",
        "-1℃",
        "{{7*7}}",
    ],
)
def test_everything_else_is_text(line):
    assert blocks(line) == [Block("text", line)] and pictures(line) == []


def test_an_empty_detail_has_no_blocks():
    assert blocks("") == blocks("\n \n") == []


@given(st.text(alphabet=st.sampled_from("ab \n#-*![]()·<>" + KEY[:3]), max_size=80))
def test_no_word_is_lost(detail):
    read = blocks(detail)
    shown = "".join(block.text + "".join(block.items) + (block.picture or "") for block in read)
    for letter in "ab":
        assert shown.count(letter) == detail.count(letter)
    assert all(block.kind in ("heading", "text", "list", "picture") for block in read)


@pytest.mark.parametrize(
    "detail",
    [
        "<script>alert(1)</script>",
        "好吃\n<IMG src=x onerror=alert(1)>",
        "<iframe src='//evil'>",
        '<p style="width:expression(alert(1))">',
        '<a href="javascript:alert(1)">x</a>',
        '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
        "</div>",
        "<!-- x -->",
        "<br/>",
        "<svg\nonload=alert(1)>",
    ],
)
def test_R19_html_is_refused_when_it_is_saved(detail):
    with pytest.raises(Refused) as refused:
        check_texts("", detail)
    assert refused.value.code == "detail_html"
    assert refused.value.sentence("zh").startswith("详情里有网页代码")


@pytest.mark.parametrize("detail", ["重量<5kg，甜度>12", "a < b and c > d", "1<2", "<5斤>", "爱心 <3", "<红富士>"])
def test_signs_that_are_no_html_may_stand(detail):
    check_texts("", detail)
    assert html_in(detail) is None


def test_too_many_pictures_are_refused():
    with pytest.raises(Refused, match="detail_pictures"):
        check_texts("", f"![]({KEY})\n" * 41)
