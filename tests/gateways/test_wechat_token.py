"""One access token for all: single flight, sharing through Redis, early renewal, replacement, forks (F11, F36)."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from redis.exceptions import ConnectionError as RedisGone

from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.wechat_token import TokenSource
from tests.gateways.playing_wechat import APPID, Clock


class WeChat:
    """Hands out the token in force; `drop()` replaces it behind everybody's back."""

    def __init__(self, seconds: int = 7200, wait: float = 0.0) -> None:
        self.number, self.seconds, self.wait, self.calls = 1, seconds, wait, []

    def fetch(self, force: bool) -> tuple[str, int]:
        self.calls.append(force)
        time.sleep(self.wait)
        self.number += force
        return f"token-{self.number}", self.seconds

    def drop(self) -> None:
        self.number += 1


class Memory:
    """As much of Redis as the source uses."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name):
        return self.values.get(name)

    def set(self, name, value, *, ex=None, nx=False):
        if nx and name in self.values:
            return None
        self.values[name] = value
        return True

    def delete(self, *names):
        for name in names:
            self.values.pop(name, None)


class Gone:
    """Redis that is away."""

    def get(self, *args, **kwargs):
        raise RedisGone("away")

    set = delete = get


def test_fetched_once_and_kept_until_shortly_before_its_end():
    wechat, clock = WeChat(), Clock()
    source = TokenSource(APPID, wechat.fetch, clock, None)
    assert {source.get() for _ in range(10)} == {"token-1"} and wechat.calls == [False]
    clock.move(seconds=7200 - 121)
    source.get()
    assert len(wechat.calls) == 1
    clock.move(seconds=1)
    source.get()
    assert len(wechat.calls) == 2


def test_a_clock_that_jumps_a_week_asks_again():
    wechat, clock = WeChat(), Clock()
    source = TokenSource(APPID, wechat.fetch, clock, None)
    source.get()
    clock.move(days=7)
    source.get()
    assert len(wechat.calls) == 2


def test_twenty_threads_cause_one_call():
    wechat = WeChat(wait=0.1)
    source = TokenSource(APPID, wechat.fetch, Clock(), None)
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: source.get(), range(20))) == {"token-1"}
    assert len(wechat.calls) == 1


def test_twenty_threads_with_the_same_rejected_token_cause_one_call():
    wechat = WeChat(wait=0.05)
    source = TokenSource(APPID, wechat.fetch, Clock(), None)
    source.get()
    wechat.drop()
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: source.replace("token-1"), range(20))) == {"token-2"}
    assert wechat.calls == [False, False], "forcing is rationed and was not needed"


def test_forced_only_when_wechat_hands_out_the_rejected_token_again():
    wechat = WeChat()
    source = TokenSource(APPID, wechat.fetch, Clock(), None)
    source.get()
    assert source.replace("token-1") == "token-2"
    assert wechat.calls == [False, False, True]
    assert source.get() == "token-2"


def test_the_same_bad_token_even_when_forced_is_unknown():
    source = TokenSource(APPID, lambda force: ("same", 7200), Clock(), None)
    with pytest.raises(WeChatUnknown):
        source.replace("same")


def test_a_failed_call_leaves_the_way_open():
    wechat = WeChat()
    memory = Memory()

    def fetch(force):
        if not wechat.calls:
            wechat.calls.append(force)
            raise WeChatUnknown("ReadTimeout")
        return wechat.fetch(force)

    source = TokenSource(APPID, fetch, Clock(), memory)
    with pytest.raises(WeChatUnknown):
        source.get()
    assert memory.values == {}
    assert source.get() == "token-1"


def test_shared_through_redis():
    wechat, memory, clock = WeChat(), Memory(), Clock()
    first, second = (TokenSource(APPID, wechat.fetch, clock, memory) for _ in range(2))
    assert first.get() == second.get() == "token-1"
    assert len(wechat.calls) == 1
    wechat.drop()
    assert first.replace("token-1") == second.replace("token-1") == "token-2"
    assert len(wechat.calls) == 2
    other = TokenSource("wxother", wechat.fetch, clock, memory)
    other.get()
    assert len(wechat.calls) == 3, "another appid has a token of its own"


def test_business_time_decides_not_the_redis_expiry():
    wechat, memory, clock = WeChat(), Memory(), Clock()
    TokenSource(APPID, wechat.fetch, clock, memory).get()
    clock.move(hours=3)
    TokenSource(APPID, wechat.fetch, clock, memory).get()
    assert len(wechat.calls) == 2


@pytest.mark.parametrize("stored", ["", "x", "[]", "{}", '{"text":"t"}', '{"text":"t","ends_at":"x"}',
                                    '{"text":"t","ends_at":1e400}', "null"])  # fmt: skip
def test_nonsense_in_redis_is_overwritten(stored):
    wechat, memory = WeChat(), Memory()
    source = TokenSource(APPID, wechat.fetch, Clock(), memory)
    memory.values[source._key] = stored
    assert source.get() == "token-1"
    assert "token-1" in memory.values[source._key]


def test_without_redis_all_still_works():
    wechat = WeChat()
    source = TokenSource(APPID, wechat.fetch, Clock(), Gone())
    assert source.get() == source.get() == "token-1"
    wechat.drop()
    assert source.replace("token-1") == "token-2" and wechat.calls == [False, False]


def test_a_process_that_died_asking_does_not_block_the_others(monkeypatch):
    monkeypatch.setattr("backend.gateways.wechat_token.WAIT_SECONDS", 0.1)
    wechat, memory = WeChat(), Memory()
    source = TokenSource(APPID, wechat.fetch, Clock(), memory)
    memory.values[source._lock_key] = "1"
    assert source.get() == "token-1"


def test_several_processes_on_a_real_valkey_cause_one_call(valkey_url):
    """Sources of their own, as processes have; a slow WeChat; then an expiry seen by all of them."""
    wechat, clock = WeChat(wait=0.2), Clock()
    caches = [redis.Redis.from_url(valkey_url) for _ in range(8)]
    caches[0].flushdb()
    sources = [TokenSource(APPID, wechat.fetch, clock, cache) for cache in caches]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda source: source.get(), sources)) == {"token-1"}
        assert len(wechat.calls) == 1
        clock.move(seconds=7200)
        assert set(pool.map(lambda source: source.get(), sources)) == {"token-1"}
        assert len(wechat.calls) == 2
    assert 0 < caches[0].ttl(sources[0]._key) <= 7200
    assert not caches[0].exists(sources[0]._lock_key)


def test_a_child_forked_while_the_lock_is_held_is_not_stuck():
    started, go_on = threading.Event(), threading.Event()

    def fetch(force):
        started.set()
        go_on.wait(5)
        return "token-1", 7200

    source = TokenSource(APPID, fetch, Clock(), None)
    thread = threading.Thread(target=source.get)
    thread.start()
    assert started.wait(5)
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        source._fetch = lambda force: ("child", 7200)
        os.write(there, source.get().encode())
        os._exit(0)
    os.close(there)
    try:
        assert os.read(here, 100) == b"child"
    finally:
        go_on.set()
        thread.join()
        os.waitpid(child, 0)
        os.close(here)
