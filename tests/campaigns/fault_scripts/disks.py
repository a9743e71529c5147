"""Disks that are full, fail, or take no more (F03, F22): what could not be written was not done, and the shop comes back."""

import contextlib
import io
import os
import resource
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from PIL import Image

from backend.commands import _process
from backend.commands._client import new_key
from backend.commands._folder import MARK
from backend.commands._postgres import HERE, NOBODY, Server
from tests.campaigns.fault_scripts.ground import Given, Ground, Missing, Wrong, servers, standing
from tests.campaigns.fault_scripts.processes import put_back, stores
from tests.campaigns.fault_scripts.shoppers import Buyer
from tests.campaigns.fault_scripts.tracing import SYNCING, WRITING, injecting

MEGABYTE = 2**20
DISK = 512 * MEGABYTE
FULL_SECONDS = 6


def syncs_fail(ground: Ground) -> str:
    """Every third fsync of whoever keeps data says EIO, then every 50th write ENOSPC, for some seconds, under load."""
    with ground.crowd() as crowd:
        crowd.until(3)
        for what in stores(ground):
            for calls, how in ((SYNCING, "error=EIO:when=2+3"), (WRITING, "error=ENOSPC:when=20+50")):
                with injecting(stores(ground)[what], calls, how):
                    time.sleep(5)
                put_back(ground)
                crowd.until(2)
    return ground.holds(crowd)


def files_may_not_grow(ground: Ground) -> str:
    """No file of the shop's may be longer than 4 KB: database, journal, pictures, logs; then no file of PostgreSQL's."""
    buyer = ground.buyer()
    with ground.crowd() as crowd:
        crowd.until(3)
        try:
            for what in ("web", "worker", "cron"):
                ground.limit(what, resource.RLIMIT_FSIZE, 4096)
            _upload(ground, buyer, {503, 201})
            time.sleep(FULL_SECONDS)
        finally:
            for what in ("web", "worker", "cron"):
                ground.limit(what, resource.RLIMIT_FSIZE, -1)
        crowd.until(3)
        if ground.postgres is not None and ground.postgres.process is not None:
            _limit_files(ground.postgres, 8192)
            time.sleep(FULL_SECONDS)
            _limit_files(ground.postgres, resource.RLIM_INFINITY)
            put_back(ground)
            crowd.until(3)
    _upload(ground, buyer, {201})
    return ground.holds(crowd)


def _limit_files(server: Server, most: int) -> None:
    """By a child that is the server's user: even root may not limit another's processes everywhere."""
    pids = _process.session_members(server.pid)
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise Missing("processes of the user nobody may not be limited here")


def disk_full(given: Given) -> str:
    """Everything lies on one small disk that somebody fills, leaves full for some seconds, and empties again."""
    with _small_disk() as disk:
        beside = given.root / f"wechat-{given.database}"
        beside.mkdir()
        (disk / "shop").mkdir()
        (disk / "shop" / MARK).write_text("The data of a Tuanma shop.\n")
        (disk / "shop" / "wxsim").symlink_to(beside)  # WeChat's own disk is another one
        with servers(given.database, disk) as on, standing(on, given, disk) as ground:
            buyer = ground.buyer()
            with ground.crowd() as crowd:
                crowd.until(3)
                _fill(disk / "ballast")
                _upload(ground, buyer, {503})
                time.sleep(FULL_SECONDS)
                (disk / "ballast").unlink()
                put_back(ground)
                crowd.until(5)
            _upload(ground, buyer, {201})
            return ground.holds(crowd)


@contextlib.contextmanager
def _small_disk() -> Iterator[Path]:
    if os.geteuid() != 0:
        raise Missing("a small disk wants root's rights (mount -t tmpfs)")
    disk = HERE / f"tuanma-disk-{secrets.token_hex(3)}"
    disk.mkdir(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    try:
        if mounted.returncode:
            raise Missing(f"no small disk can be made here: {mounted.stderr.strip()}")
        yield disk
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "-l", str(disk)], check=False)
        disk.rmdir()


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as ballast:
        block = bytes(MEGABYTE)
        while True:
            if ballast.write(block) < len(block):
                block = block[:1]


def _upload(ground: Ground, buyer: Buyer, allowed: set[int]) -> None:
    """A shopper sends a picture; what the shop may answer now."""
    picture = io.BytesIO()
    Image.effect_noise((200, 200), 50).convert("RGB").save(picture, "JPEG")
    answer = httpx.post(
        f"{ground.stage.running.url}/api/v1/uploads", data={"purpose": "review"}, timeout=30, trust_env=False,
        files={"file": ("a.jpg", picture.getvalue(), "image/jpeg")},
        headers={"Authorization": f"Bearer {buyer.who._token}", "Idempotency-Key": new_key()})
    if answer.status_code not in allowed:
        raise Wrong(f"a picture on a full disk is answered {answer.status_code}: {answer.text[:200]}")
