"""The app with its doors, hung once in a process: each test gives it settings, WeChat and databases of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flask import Flask

from backend.app import create_app
from backend.gateways import Gateways
from backend.infra.db import db
from backend.infra.settings import Settings
from tests.databases import hasten

OF_A_TEST = {"database_url", "database_read_url", "data_dir", "clock"}
"""Settings that doors do not look at while they are hung."""


@dataclass(frozen=True)
class Hung:
    """An app with doors, and its configuration as it was when they were hung."""

    app: Flask
    config: dict[str, Any]


_hung: dict[str, Hung] = {}


@contextmanager
def served(doors: tuple[ModuleType, ...], settings: Settings, gateways: Gateways) -> Iterator[Flask]:
    """The app with `doors` as `create_app` and `register` make it, with an open app context.

    Hanging hundreds of routes takes longer than most tests, and the templates are compiled anew for each app; so the app of an
    earlier test with the same settings is furnished anew: runtime, cipher, engines, configuration, limits that count from nothing.
    Where limits count in Redis an app is made for each test.
    """
    fresh = create_app(settings, gateways)
    if settings.redis_url:
        for door in doors:
            door.register(fresh)
        with fresh.app_context():
            hasten()
            yield fresh
            _close()
        return
    which = repr((doors, settings.model_dump(exclude=OF_A_TEST)))
    if which not in _hung:
        for door in doors:
            door.register(fresh)
        _hung[which] = Hung(fresh, dict(fresh.config))
    app = _hung[which].app
    app.config.clear()
    app.config.update(_hung[which].config)
    for name in ("runtime", "cipher", "replica"):
        app.extensions[name] = fresh.extensions[name]
    db._app_engines[app] = db._app_engines[fresh]
    app.extensions["limits"].forget()
    with app.app_context():
        hasten()
        yield app
        _close()


def _close() -> None:
    for engine in db.engines.values():
        engine.dispose()
