"""Sending a picture: stored anew for its sender, within what a day allows; gone when nobody used it."""

import errno
import io
import os

import pytest

from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, shopper, staff
from backend.kernel.errors import Refused
from backend.queries.uploads import visible_evidence
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import rules
from backend.uploads.rules import Allowance
from backend.usecases.sweep_uploads import sweep_uploads
from backend.usecases.upload_picture import upload_picture
from tests.given_uploads import picture_bytes

LI, HAN = shopper("mem_li"), shopper("mem_han")
GOODS = staff("stf_1", ["goods.edit"])


def send(ctx, actor=LI, purpose="review", data=None, **more):
    data = picture_bytes() if data is None else data
    return upload_picture(ctx(actor), file=io.BytesIO(data), size=len(data), purpose=purpose, **more)


def refusal(*args, **more) -> str:
    with pytest.raises(Refused) as refused:
        send(*args, **more)
    return refused.value.code


def lying(ctx) -> list[str]:
    """Names of all files that lie anywhere."""
    files = ctx().gateways
    return sorted(path.name for root in (files.files.root, files.private.root) for path in root.rglob("*") if path.is_file())


def test_a_picture_is_stored_with_its_thumbnails_for_its_sender(ctx, rows):
    stored = send(ctx)
    stem, suffix = stored.key.split(".")
    assert lying(ctx) == [f"{stem}-160.{suffix}", f"{stem}-640.{suffix}", stored.key]
    [row] = rows("select key, owner, purpose, private, width, height, claimed_by from uploads")
    assert tuple(row.values()) == (stored.key, "shopper:mem_li", "review", False, 40, 30, None)
    assert ctx().gateways.files.path(stored.key).is_file()


def test_evidence_lies_apart(ctx):
    stored = send(ctx, purpose="aftersale")
    assert stored.private and ctx().gateways.private.path(stored.key).is_file()
    with pytest.raises(Refused):
        ctx().gateways.files.path(stored.key)


def test_a_repeat_answers_the_first_picture_and_keeps_no_second(ctx, rows):
    key = lambda: ClientKey("key-of-picture-1", "f" * 64)  # noqa: E731
    first, again = send(ctx, key=key()), send(ctx, key=key())
    assert first == again and len(lying(ctx)) == 3
    assert rows("select count(*) as n from uploads") == [{"n": 1}]
    assert refusal(ctx, key=ClientKey("key-of-picture-1", "e" * 64)) == "idempotency_key_reused"


def test_who_may_not(ctx, snapshot):
    before = snapshot()
    assert refusal(ctx, ANONYMOUS) == "login_needed"
    assert refusal(ctx, LI, "product") == refusal(ctx, GOODS, "banner") == refusal(ctx, GOODS, "review") == "forbidden"
    assert snapshot() == before and lying(ctx) == []
    assert send(ctx, GOODS, "product").width == 40


def test_R20_a_day_allows_so_many_pictures(ctx, rows, later, monkeypatch):
    monkeypatch.setattr(rules, "SHOPPER_DAY", Allowance(2, 10**6))
    send(ctx)
    assert refusal(ctx, data=b"GIF89a<html>") == "picture_not_readable"
    assert refusal(ctx) == "too_many_pictures"
    assert send(ctx, HAN).width == 40
    assert rows("select owner, pictures from upload_days order by owner") == [
        {"owner": "shopper:mem_han", "pictures": 1}, {"owner": "shopper:mem_li", "pictures": 2}]
    later(hours=12)
    assert send(ctx).width == 40


def test_R20_a_day_allows_so_many_bytes(ctx, monkeypatch):
    size = len(picture_bytes())
    monkeypatch.setattr(rules, "SHOPPER_DAY", Allowance(10, 2 * size))
    send(ctx), send(ctx)
    assert refusal(ctx) == "too_many_pictures"


def test_a_refused_picture_leaves_only_its_count(ctx, snapshot):
    before = snapshot()
    assert refusal(ctx, data=b"<svg onload=alert(1)>") == "picture_not_readable"
    after = snapshot()
    assert len(after.pop("upload_days")) == 1 and lying(ctx) == []
    before.pop("upload_days")
    assert after == before


@pytest.mark.parametrize("written", [0, 1, 2])
def test_f22_a_full_disk_is_told_and_leaves_nothing(ctx, monkeypatch, written):
    """The first file fits, or the first two, and then no more."""
    room, sync = iter([True] * written + [False]), os.fsync

    def full(descriptor):
        if not next(room):
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr("backend.gateways.files.os.fsync", full)
    assert refusal(ctx) == "file_not_kept" and lying(ctx) == []


def bind(ctx, key, subject, purpose="review", store_id=None):
    with transaction(ctx(LI)) as tx:
        claim_pictures(tx, LI, [key], purpose, subject, store_id)


def test_what_nobody_used_for_a_day_is_gone(ctx, rows, later):
    used, unused, evidence = send(ctx), send(ctx), send(ctx, purpose="ticket")
    bind(ctx, used.key, "rev_1")
    later(hours=23)
    fresh = send(ctx)
    assert sweep_uploads(ctx()) == 0
    later(hours=2)
    assert sweep_uploads(ctx()) == 2
    assert {row["key"] for row in rows("select key from uploads")} == {used.key, fresh.key}
    assert len(lying(ctx)) == 6 and not [name for name in lying(ctx) if name[:32] in (unused.key[:32], evidence.key[:32])]
    assert sweep_uploads(ctx()) == 0
    later(days=31)
    sweep_uploads(ctx())
    assert rows("select * from upload_days") == []


def test_a_sweep_that_dies_among_the_files_goes_on_the_next_time(ctx, rows, later, monkeypatch):
    send(ctx), send(ctx)
    later(hours=25)
    files = type(ctx().gateways.files)
    remove, removed = files.remove, []

    def dying(self, key):
        if removed:
            raise OSError("the disk is gone")
        removed.append(key)
        remove(self, key)

    monkeypatch.setattr(files, "remove", dying)
    with pytest.raises(OSError, match="gone"):
        sweep_uploads(ctx())
    assert len(rows("select * from uploads where swept_at is not null")) == 2
    monkeypatch.undo()
    assert sweep_uploads(ctx()) == 2
    assert lying(ctx) == [] and rows("select * from uploads") == []


def test_evidence_is_seen_by_its_sender_and_by_staff_of_the_case(ctx):
    stored, review = send(ctx, purpose="aftersale"), send(ctx)
    viewer = staff("stf_2", ["aftersales.view"])

    def answer(actor, key=stored.key) -> str:
        try:
            return visible_evidence(ctx(actor), key=key)
        except Refused as refused:
            return refused.code

    assert answer(LI) == stored.key
    assert answer(viewer) == "picture_not_found", "no case uses it yet"
    bind(ctx, stored.key, "asl_1", "aftersale", "sto_main")
    assert answer(viewer) == answer(staff("stf_3", ["aftersales.view"], ["sto_main"])) == stored.key
    assert answer(staff("stf_3", ["aftersales.view"], ["sto_far"])) == "picture_not_found"
    assert answer(staff("stf_4", ["tickets.view"])) == "forbidden"
    assert answer(HAN) == answer(ANONYMOUS) == answer(LI, "0" * 32 + ".jpg") == answer(LI, "../../etc") == "picture_not_found"
    assert answer(LI, review.key) == "picture_not_found", "a picture of the shop window is no evidence"
