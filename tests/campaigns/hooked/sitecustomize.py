"""Loaded by every Python of a shop under a campaign (through PYTHONPATH; the product knows nothing of it)."""

import os
import sys

words = sys.orig_argv[1:4]

if os.environ.get("TUANMA_FAULTS_SKEW"):
    from datetime import timedelta

    from backend.infra import clock

    right, skew = clock.real_now, timedelta(seconds=float(os.environ["TUANMA_FAULTS_SKEW"]))
    clock.real_now = lambda: right() + skew  # this machine's clock is wrong

if os.environ.get("TUANMA_KILL_FOLDER") and ("gunicorn" in sys.orig_argv or words == ["-m", "backend", "worker"]):
    import killing  # noqa: F401 - hangs the points in

if os.environ.get("TUANMA_CROWD") and ("gunicorn" in sys.orig_argv or words == ["-m", "backend", "worker"]):
    from backend.infra import shop_rules

    shop_rules.FRESH_SECONDS = 0.1  # rules that change count at once
    if os.environ.get("TUANMA_PLANTED"):
        import planted  # noqa: F401 - a bug that can be switched on

DIES = any(os.environ.get(name) for name in ("TUANMA_KILL_FOLDER", "TUANMA_CROWD"))
if DIES and words == ["-m", "backend", "up"]:
    from backend.commands import _supervisor

    _supervisor.LONG_RUN = 0.0  # every death is the first: started again after half a second

if words == ["-m", "backend", "worker"]:
    if os.environ.get("TUANMA_FAULTS_POISON"):
        import poisoning  # noqa: F401 - puts the poison in
    if DIES or os.environ.get("TUANMA_FAULTS_POISON"):
        from datetime import timedelta

        from backend import worker
        from backend.infra import outbox

        # Leases and looks of a second or two: what dies is taken up at once, and a campaign ends today.
        outbox.QUEUE_LEASE, outbox.RUN_LEASE, outbox.JOB_SECONDS = timedelta(seconds=2), timedelta(seconds=6), 5
        worker.LOOK_SECONDS = 1
    if os.environ.get("TUANMA_FAULTS_POISON"):
        outbox.RETRY_SECONDS = (0.5,)
    if os.environ.get("TUANMA_CROWD"):
        outbox.RETRY_SECONDS = (0.3, 0.5, 1, 2, 3, 5, 8)  # real time, while many wait for the shop to come to rest
