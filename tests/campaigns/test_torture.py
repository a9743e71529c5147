"""The torture of the callback door in short on both databases, and the proof that it would notice; whole: `campaign torture`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.gateways import wechat_pay_signing
from backend.gateways.wechat_pay_signing import KeyRing
from backend.steps import apply_refund as refunding
from backend.steps import apply_trade as applying
from tests.campaigns.torture import play, run


def test_f27_f29_f30_f31_money_ends_where_it_belongs(database_url: str, tmp_path: Path) -> None:
    ended, notifications, forged = play(database_url, tmp_path, "short", 12)
    assert ended.wrong is None, "\n".join([str(ended.wrong), *ended.last[-10:]])
    assert notifications > 50 and forged > 3


def unsigned_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KeyRing, "verify", lambda *_: None)


def old_news_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wechat_pay_signing, "FRESH_SECONDS", 10**9)


def misfits_applied(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "misfit", lambda expected, told: None)


def closed_order_paid(patch: pytest.MonkeyPatch) -> None:
    """Money for a closed order is kept as if it had been due."""
    patch.setattr(applying, "CLOSING", "closed")


def surplus_booked_wrong(patch: pytest.MonkeyPatch) -> None:
    """A surplus that went back is posted with a fen more."""
    posts = refunding.posts.surplus_refund
    patch.setattr(refunding.posts, "surplus_refund", lambda fen: posts(fen + 1))


PLANTED = (unsigned_believed, old_news_believed, misfits_applied, closed_order_paid, surplus_booked_wrong)


@pytest.mark.parametrize("plant", PLANTED)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_g03_a_planted_bug_is_found(plant: Callable[[pytest.MonkeyPatch], None], database_url: str, tmp_path: Path,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    ended, *_ = play(database_url, tmp_path, "bugs", 16)
    assert ended.wrong is not None and ended.last


def test_what_goes_wrong_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(KeyRing, "verify", lambda *_: None)
    assert not run("sqlite", 10, "42", say=said.append)
    assert "seed 42, episode 0" in said[0]
    assert said[2] == "again: python3 -m backend campaign torture --database sqlite --seed 42 --episode 0"
