"""The message push: verified before it is believed, signed and sealed, repeated three times, spoilt to order."""

import pytest

from backend.commands._process import wait_until
from tests.wxsim.mini_program import AES_KEY, TOKEN, MiniProgram, opened
from tests.wxsim.shop import Shop
from tests.wxsim_server import ControlRefused

EVENT = {"Event": "made_up", "Value": "值"}


def push(mini: MiniProgram, user: str = "推推") -> None:
    mini.wx.control("POST", "/push", {"user": user, "event": EVENT})


def pushes(mini: MiniProgram, number: int) -> list[dict]:
    return mini.wx.control("GET", "/pushes")["pushes"][:number]


def test_a_url_must_echo_before_it_is_used(mini: MiniProgram, shop: Shop) -> None:
    shop.echo = False
    with pytest.raises(ControlRefused) as refused:
        mini.wx.control("POST", "/message-push", {"url": shop.url, "token": TOKEN})
    assert refused.value.code == "NOT_VERIFIED"
    shop.echo = True
    mini.wx.control("POST", "/message-push", {"url": shop.url, "token": TOKEN})
    for wrong in ({"token": "a b"}, {"url": "ftp://a.b/c"}, {"aes_key": "short"}):
        with pytest.raises(ControlRefused) as refused:
            mini.wx.control("POST", "/message-push", {"url": shop.url, "token": TOKEN, **wrong})
        assert refused.value.code == "BAD_FIELD"


def test_plain_and_sealed(mini: MiniProgram, pushed: Shop) -> None:
    push(mini)
    event = opened(pushed.wait_for(1)[0])
    assert event["Event"] == "made_up" and event["Value"] == "值" and event["FromUserName"] == mini.wx.openid("推推")
    mini.wx.control("POST", "/message-push", {"url": pushed.url, "token": TOKEN, "aes_key": AES_KEY})
    push(mini)
    sealed = pushed.wait_for(2)[1]
    assert b"made_up" not in sealed.body
    assert opened(sealed, aes_key=AES_KEY, appid=mini.wx.appid)["Value"] == "值"


def test_three_repetitions_on_the_shared_clock(mini: MiniProgram, pushed: Shop) -> None:
    pushed.answer = lambda taken: 500
    push(mini)
    pushed.wait_for(1)
    for expected in (2, 3, 4):
        assert wait_until(lambda noted=expected - 1: pushes(mini, 1)[0]["attempts"] == noted, 5), "the next try is planned"
        mini.wx.move_clock(6)
        pushed.wait_for(expected)
    mini.wx.settled()
    mini.wx.move_clock(60)
    mini.wx.deliver()
    assert len(pushed.taken) == 4
    [given_up] = pushes(mini, 1)
    assert (given_up["state"], given_up["attempts"], given_up["last_status"]) == ("given_up", 4, 500)


def test_events_spoilt_to_order(mini: MiniProgram, pushed: Shop) -> None:
    mini.wx.fault("push-lost", event_type="made_up")
    push(mini)
    mini.wx.fault("push-duplicated", count=2)
    push(mini)
    pushed.wait_for(2)
    mini.wx.fault("push-forged")
    push(mini)
    with pytest.raises(AssertionError):
        opened(pushed.wait_for(3)[2])
    mini.wx.fault("push-delayed", seconds=500)
    push(mini)
    mini.wx.deliver()
    assert len(pushed.taken) == 3
    mini.wx.move_clock(501)
    opened(pushed.wait_for(4)[3])
    mini.wx.fault("push-stale")
    push(mini)
    stale = pushed.wait_for(5)[4]
    now = int(opened(pushed.taken[3])["CreateTime"])
    assert f"timestamp={now}" not in stale.path
    mini.wx.settled()
    assert [one["state"] for one in pushes(mini, 5)] == ["delivered"] * 4 + ["lost"]


def test_a_push_survives_a_crash(own, http, shop: Shop) -> None:
    own.control("POST", "/message-push", {"url": shop.url, "token": TOKEN})
    own.fault("push-delayed", seconds=100)
    push(MiniProgram(own, http))
    own.kill()
    own.start()
    assert shop.taken == [] and own.status()["to_deliver"] == 1
    own.move_clock(101)
    assert opened(shop.wait_for(1)[0])["Event"] == "made_up"
