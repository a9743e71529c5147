"""A real `up` for a campaign: all its processes, on databases of the campaign's, with the campaign's hooks in them."""

import contextlib
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path

from backend.commands import _process, _running, _welcome
from backend.commands._folder import Folder
from backend.commands._stage import Stage

ROOT = Path(__file__).resolve().parents[2]
HOOKED = Path(__file__).parent / "hooked"
OPENS_WITHIN = 180
ENDS_WITHIN = 20


def outside() -> dict[str, str]:
    """The environment without any shop's settings, those of another that the campaign has open among them."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("TUANMA_") and name not in ("DATABASE_URL", "REDIS_URL")}


@contextlib.contextmanager
def opened(root: Path, environment: Mapping[str, str], *, seen: Mapping[str, str] | None = None,
           folder: Folder | None = None, port: int = 0) -> Iterator[tuple[Stage, "subprocess.Popen[bytes]"]]:
    """An empty shop with this environment, until the block ends: the stage on it and its `up`.

    `seen` is what the stage itself reads in place of the shop's own settings: another way to the same database, say. With
    `folder` it is the shop of that folder, as it was left.
    """
    folder, port = folder or Folder(root / "shop"), port or _process.free_port()
    inherited = outside()
    with open(root / "up.log", "ab") as log:
        up = subprocess.Popen([sys.executable, "-m", "backend", "up", "--no-demo", "--data", str(folder.root), "--port", str(port)],
                              cwd=ROOT, env=inherited | {"PYTHONPATH": f"{HOOKED}:{ROOT}"} | environment, stdout=log, stderr=log,
                              preexec_fn=_process.dies_with_parent())
    ours = dict(os.environ)
    try:
        ready = _process.wait_until(lambda: up.poll() is not None or _welcome.status(port, "/healthz") == 200, OPENS_WITHIN, 0.1)
        assert ready and up.poll() is None, (root / "up.log").read_text()
        os.environ.clear()
        os.environ.update(inherited | dict(seen or {}))
        running = _running.connect(Namespace(data=str(folder.root), port=None))
        assert running is not None
        with Stage.opened(running) as stage:
            yield stage, up
    finally:
        _process.end(up, ENDS_WITHIN)
        os.environ.clear()
        os.environ.update(ours)  # to connect to a shop fills in its settings
