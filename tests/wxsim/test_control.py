"""The control API is for the holder of its token; faults are named, filtered, counted."""

import httpx
import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim_server import ControlRefused, Wxsim


@pytest.mark.parametrize(
    "header", ["", "Bearer", "bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
)
def test_without_the_token_nothing(wx: Wxsim, http: httpx.Client, header: str) -> None:
    headers = {"Authorization": header.format(token=wx.control_token)}
    for method, path in (
        ("POST", "login-code"),
        ("POST", "phone-code"),
        ("POST", "pay"),
        ("POST", "refuse"),
        ("GET", "status"),
        ("POST", "deliver"),
        ("POST", "faults"),
        ("GET", "faults"),
        ("DELETE", "faults"),
        ("GET", "trades"),
        ("GET", "refunds"),
        ("GET", "log"),
        ("POST", "attack"),
        ("POST", "bill-edit"),
        ("GET", "keys"),
        ("POST", "certificates"),
        ("DELETE", "deliveries"),
    ):
        answer = http.request(method, f"{wx.url}/control/{path}", headers=headers, json={"user": "x"})
        assert answer.status_code == 401 and answer.json()["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/login-code", {}, "BAD_FIELD"),
        ("/login-code", {"user": ""}, "BAD_FIELD"),
        ("/login-code", {"user": 5}, "BAD_FIELD"),
        ("/login-code", {"user": "长" * 201}, "BAD_FIELD"),
        ("/phone-code", {"user": "甲"}, "BAD_FIELD"),
        ("/faults", {"name": "no-such-fault"}, "UNKNOWN_FAULT"),
        ("/faults", {"name": "slow", "minutes": 1}, "UNKNOWN_FAULT"),
        ("/faults", {"name": "slow", "times": 0}, "UNKNOWN_FAULT"),
        ("/faults", {"name": "slow", "times": True}, "UNKNOWN_FAULT"),
    ],
)
def test_wrong_calls(wx: Wxsim, path: str, body: dict[str, object], code: str) -> None:
    with pytest.raises(ControlRefused) as refused:
        wx.control("POST", path, body)
    assert refused.value.code == code


def test_every_fault_says_what_it_does(wx: Wxsim) -> None:
    answer = wx.control("GET", "/faults")
    assert len(answer["catalogue"]) >= 45 and answer["armed"] == []
    assert all(len(fault["does"]) > 15 for fault in answer["catalogue"].values())


def test_faults_are_counted_filtered_and_cleared(wx: Wxsim, merchant: Merchant) -> None:
    wx.fault("frequency", times=None, call="query", out_trade_no="faults-a")
    wx.fault("answer-503", times=2, call="query", out_trade_no="faults-b")
    assert [fault["name"] for fault in wx.control("GET", "/faults")["armed"]] == ["frequency", "answer-503"]
    assert [merchant.query("faults-a")[0] for _ in range(3)] == [429] * 3
    assert merchant.query("faults-c")[0] == 404
    target = f"/v3/pay/transactions/out-trade-no/faults-b?mchid={wx.mchid}"
    assert [merchant.send("GET", target).status_code for _ in range(3)] == [503, 503, 404]
    assert [fault["name"] for fault in wx.control("GET", "/faults")["armed"]] == ["frequency"]
    wx.control("DELETE", "/faults", name="slow")
    assert merchant.query("faults-a")[0] == 429
    wx.clear_faults()
    assert merchant.query("faults-a")[0] == 404


def test_the_wire_log_shows_both_directions(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("control-log")
    out, into = wx.log(2)
    assert (out["direction"], out["call"], out["status"]) == ("out", "callback", 200)
    assert (into["direction"], into["call"], into["status"]) == ("in", "order", 200)
    assert "control-log" in into["request"] and "prepay_id" in into["answer"]


def test_one_user_is_one_person(wx: Wxsim) -> None:
    first = wx.control("POST", "/login-code", {"user": "戊"})
    again = wx.control("POST", "/login-code", {"user": "戊"})
    assert first["openid"] == again["openid"] and first["code"] != again["code"]
