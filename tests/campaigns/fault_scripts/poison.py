"""Poison jobs (F08): a reaction that raises, never ends, wants all memory or takes its process along."""

import json
import resource

from backend.commands import _process
from backend.infra.outbox import ATTEMPTS
from backend.kernel.actors import EVERYTHING, staff
from backend.usecases.revive_delivery import revive_delivery
from tests.campaigns.fault_scripts.ground import Given, Ground, Wrong, opened

KINDS = ("raises", "loops", "swells", "crashes")
GIVEN_UP_WITHIN = 240
MOST_MEMORY = 2 * 2**30


def poison(given: Given) -> str:
    """Four orders whose time-out is poison, among three that are well, on a worker with 2 GB and hurried pauses.

    The others are not kept waiting; the poison is tried as often as allowed, given up, listed, and done at the first try when
    it is poison no more.
    """
    file = given.root / f"poison-{given.database}"
    file.write_text("")
    with opened(given, "poisoned", {"TUANMA_FAULTS_POISON": str(file)}) as ground:
        ground.limit("worker", resource.RLIMIT_AS, MOST_MEMORY)
        buyer, other = ground.buyer(), ground.buyer()
        poisoned = {buyer.place(): kind for kind in KINDS}
        well = [other.place() for _ in range(3)]
        file.write_text(json.dumps(poisoned))
        ground.stage.move(minutes=16)
        if not _process.wait_until(lambda: _states(ground, well) == {"closed"}, 60, 0.2):
            raise Wrong("the others wait for the poison")
        if not _process.wait_until(lambda: len(_dead(ground)) == len(KINDS), GIVEN_UP_WITHIN, 0.5):
            raise Wrong(f"given up are {_dead(ground)}")
        dead = _dead(ground)
        if {tries for *_, tries, _ in dead} != {ATTEMPTS}:
            raise Wrong(f"not tried {ATTEMPTS} times: {dead}")
        file.write_text("")
        for event, reaction, *_ in dead:
            revive_delivery(ground.stage.ctx(staff("stf_campaign", EVERYTHING)), event_id=event, reaction=reaction)
        said = ground.holds(buyers=[buyer, other])
        if _states(ground, list(poisoned)) != {"closed"}:
            raise Wrong("what was revived was not done")
        return f"{'; '.join(sorted({error for *_, error in dead}))}; {said}"


def _states(ground: Ground, orders: list[str]) -> set[str]:
    return {ground.rows("select state from orders where id = :id", id=order)[0][0] for order in orders}


def _dead(ground: Ground) -> list[tuple[str, str, int, str]]:
    return ground.rows("select event_id, reaction, attempt, error from deliveries where dead_at is not null")  # type: ignore[return-value]
