"""Mini-program codes: a picture that says page and scene, or JSON that says what is wrong."""

import io
from typing import Any

import pytest
import qrcode
from PIL import Image

from tests.wxsim.mini_program import MiniProgram

PATH = "/wxa/getwxacodeunlimit"
GOOD = {"scene": "g=abc123&l=L2", "page": "pages/product/index"}


@pytest.mark.parametrize(("more", "kind"), [({}, "image/jpeg"), ({"is_hyaline": True}, "image/png")])
def test_the_picture_is_a_code_of_page_and_scene(mini: MiniProgram, more: dict[str, Any], kind: str) -> None:
    answer = mini.post(PATH, GOOD | more)
    assert answer.headers["Content-Type"] == kind
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (430, 430)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=3)
    code.add_data(f"wxacode://{mini.wx.appid}/pages/product/index?scene=g%3Dabc123%26l%3DL2")
    code.make(fit=True)
    wanted = code.get_matrix()
    channel = picture.getchannel("A") if more else picture.convert("L")
    step = 430 / len(wanted)
    seen = [
        [
            (channel.getpixel((int((x + 0.5) * step), int((y + 0.5) * step))) > 127) == bool(more)
            for x in range(len(wanted))
        ]
        for y in range(len(wanted))
    ]
    assert seen == wanted


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"scene": ""}, 40169),
        ({"scene": "a" * 33}, 40169),
        ({"scene": "50%"}, 40169),
        ({"scene": "团长"}, 40169),
        ({"scene": 7}, 40169),
        ({"page": "/pages/product/index"}, 41030),
        ({"page": "pages/product/index?id=1"}, 41030),
        ({"page": "pages/none/index"}, 41030),
        ({"width": 279}, 40097),
        ({"width": 1281}, 40097),
        ({"width": "430"}, 40097),
        ({"env_version": "old"}, 40097),
        ({"is_hyaline": 1}, 40097),
    ],
)
def test_what_is_wrong_is_said_in_json_under_200(mini: MiniProgram, instead: dict[str, Any], errcode: int) -> None:
    answer = mini.post(PATH, GOOD | instead)
    assert answer.headers["Content-Type"].startswith("application/json") and answer.json()["errcode"] == errcode


def test_a_page_to_come_and_the_longest_scene(mini: MiniProgram) -> None:
    for given in (
        {"scene": "a", "page": "pages/none/index", "check_path": False},
        {"scene": "-._~!#$&'()*+,/:;=?@" + "9" * 12},
        {"scene": "a", "width": 1280},
    ):
        assert mini.post(PATH, given).headers["Content-Type"] == "image/jpeg"
    assert mini.post(PATH, b"scene=1").json()["errcode"] == 40169
    assert mini.post(PATH, GOOD, token="nonsense").json()["errcode"] == 40001
    mini.wx.fault("frequency", call="code-image")
    assert mini.post(PATH, GOOD).json()["errcode"] == 45011
