"""Loaded by every Python of a shop under a kill campaign (through PYTHONPATH; the product knows nothing of it)."""

import os
import sys

if os.environ.get("TUANMA_KILL_FOLDER"):
    words = sys.orig_argv[1:4]
    if "gunicorn" in sys.orig_argv or words == ["-m", "backend", "worker"]:
        import killing  # noqa: F401 - hangs the points in
    if words == ["-m", "backend", "worker"]:
        from datetime import timedelta

        from backend import worker
        from backend.infra import outbox

        # Leases and looks of a second or two: what dies is taken up at once, and a campaign ends today.
        outbox.QUEUE_LEASE, outbox.RUN_LEASE, outbox.JOB_SECONDS = timedelta(seconds=2), timedelta(seconds=6), 5
        worker.LOOK_SECONDS = 1
    if words == ["-m", "backend", "up"]:
        from backend.commands import _supervisor

        _supervisor.LONG_RUN = 0.0  # every death is the first: started again after half a second
