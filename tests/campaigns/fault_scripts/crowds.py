"""Many at once (F43), and everything at random (F45)."""

import asyncio
import random
import time
from collections import Counter

import httpx

from backend.infra.clock import ticks
from tests.campaigns.fault_scripts import databases, processes, queues, wechat
from tests.campaigns.fault_scripts.ground import Ground, Wrong

SOCKETS = 400
ANSWERED_WITHIN = 60.0
AT_RANDOM = (queues.emptied, queues.torn, queues.hampered, queues.wiped, processes.killed_parent, wechat.told_often,
             wechat.told_first, wechat.out_of_order, wechat.too_frequent, databases.lock_held)
WITH_SERVER = (databases.stopped_at_once, databases.connections_cut, databases.bad_network, databases.idle_in_transaction)


def all_at_once(ground: Ground) -> str:
    """400 sockets at the same moment, on a web that has just been started: everybody is answered, and buying goes on."""
    ground.goods()
    ground.kill(ground.processes("web"))
    time.sleep(1)
    ground.leader("web")
    began = ticks()
    answers = asyncio.run(_ask_all(f"{ground.stage.running.url}/api/v1/products", SOCKETS))
    seconds = ticks() - began
    if set(answers) - {200, 503}:
        raise Wrong(f"answers: {dict(answers)}")
    with ground.crowd() as crowd:
        crowd.until(5)
    return f"{dict(answers)} in {seconds:.1f} s, {ground.holds(crowd)}"


async def _ask_all(url: str, number: int) -> Counter[int]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=ANSWERED_WITHIN) as client:
        gate = asyncio.Event()

        async def ask() -> int:
            await gate.wait()
            for _ in range(100):
                try:
                    return (await client.get(url)).status_code
                except httpx.ConnectError:
                    await asyncio.sleep(0.2)  # the web is just starting
            return 0

        asking = [asyncio.create_task(ask()) for _ in range(number)]
        gate.set()
        return Counter(await asyncio.gather(*asking))


def at_random(ground: Ground) -> str:
    """The other faults one after the other, drawn by the seed, for as long as the campaign is told; a failure names the seed."""
    draw, until, played = random.Random(ground.seed), ticks() + 60 * ground.minutes, []
    faults = [*AT_RANDOM, *(WITH_SERVER if ground.postgres is not None else ())]
    while ticks() < until or not played:
        fault = draw.choice(faults)
        played.append(fault.__name__)
        try:
            fault(ground)
        except Exception as error:
            raise Wrong(f"seed {ground.seed}, after {played}: {type(error).__name__}: {error}") from error
    return f"{len(played)} faults of seed {ground.seed}: {dict(Counter(played))}"
