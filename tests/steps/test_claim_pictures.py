"""Pictures are bound once, by whoever sent them, for what they were sent for, to one thing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.infra.uow import reading, transaction
from backend.kernel.actors import shopper
from backend.kernel.errors import Refused
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import store as uploads
from tests.given_uploads import given_picture

LI, HAN = shopper("mem_li"), shopper("mem_han")


def claim(ctx, keys, subject="rev_1", actor=LI, purpose="review", store_id=None):
    with transaction(ctx(actor)) as tx:
        return claim_pictures(tx, actor, keys, purpose, subject, store_id)


def refusal(*args, **more) -> str:
    with pytest.raises(Refused) as refused:
        claim(*args, **more)
    return refused.value.code


def test_ones_own_pictures_are_bound_in_their_order(ctx, rows):
    first, second = given_picture(ctx(LI)), given_picture(ctx(LI))
    assert claim(ctx, [second, first, second]) == [second, first]
    assert rows("select claimed_by, claimed_at is null as unset from uploads") == [{"claimed_by": "rev_1", "unset": False}] * 2
    with reading(ctx()) as rd:
        assert set(uploads.keys_of(rd, "rev_1")) == {first, second}
    assert claim(ctx, []) == []


def test_the_same_again_is_no_matter(ctx):
    key = given_picture(ctx(LI))
    assert claim(ctx, [key]) == claim(ctx, [key]) == [key]


def test_what_is_not_free_and_ones_own_is_not_found(ctx, snapshot):
    mine, used, avatar, hers = (given_picture(ctx(LI)), given_picture(ctx(LI)), given_picture(ctx(LI), "avatar"),
                                given_picture(ctx(HAN)))
    claim(ctx, [used], "rev_0")
    before = snapshot()
    for bad in (hers, used, avatar, "0" * 32 + ".jpg", "../../etc/passwd", ""):
        assert refusal(ctx, [mine, bad]) == "picture_not_found"
        assert refusal(ctx, [bad]) == "picture_not_found"
    assert refusal(ctx, [mine], purpose="aftersale") == "picture_not_found"
    assert snapshot() == before


def test_a_picture_that_is_being_removed_cannot_be_bound(ctx, later):
    key = given_picture(ctx(LI))
    now = later(hours=25)
    with transaction(ctx()) as tx:
        assert [row.key for row in uploads.doom_unused(tx, now, 10)] == [key]
    assert refusal(ctx, [key]) == "picture_not_found"


def test_released_pictures_are_free_again(ctx, rows):
    key = given_picture(ctx(LI))
    claim(ctx, [key])
    with transaction(ctx()) as tx:
        uploads.release(tx, "rev_other", [key])
        uploads.release(tx, "rev_1", [key])
    assert claim(ctx, [key], "rev_2") == [key]


def test_evidence_knows_its_store(ctx, rows):
    key = given_picture(ctx(LI), "aftersale")
    claim(ctx, [key], "asl_1", purpose="aftersale", store_id="sto_main")
    assert rows("select private, store_id from uploads") == [{"private": True, "store_id": "sto_main"}]


def test_of_two_reviews_one_gets_the_picture(app, ctx):
    key = given_picture(ctx(LI))

    def attempt(subject: str) -> str:
        with app.app_context():
            try:
                return claim(ctx, [key], subject)[0]
            except Refused as refused:
                return refused.code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(attempt, [f"rev_{number}" for number in range(8)]))
    assert answers == sorted([key] + ["picture_not_found"] * 7)
