"""Fixtures of the commands: an environment without settings of this or another shop."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.commands import _secrets
from backend.commands._folder import Folder


@pytest.fixture
def bare_environment() -> Iterator[None]:
    """No TUANMA_*, DATABASE_URL or REDIS_URL; whatever a command sets is taken back afterwards."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith("TUANMA_") or name in ("DATABASE_URL", "REDIS_URL"):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A new data folder that is ours."""
    folder = Folder(tmp_path / "shop")
    folder.claim()
    return folder


@pytest.fixture
def shop_folder(folder: Folder) -> Folder:
    """One that has its secrets."""
    _secrets.ensure(folder)
    return folder
