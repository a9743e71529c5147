"""Reactions that are poison: what the file TUANMA_FAULTS_POISON says becomes of an order's."""

import ctypes
import json
import os
from pathlib import Path

from backend import worker

FILE = Path(os.environ.get("TUANMA_FAULTS_POISON", ""))
find = worker.find


def raising():
    """The reaction fails."""
    raise RuntimeError("poison")


def looping():
    """It never ends."""
    while True:
        pass


def swelling():
    """It wants four gigabytes."""
    bytearray(4 * 2**30)


def crashing():
    """It takes its process along."""
    ctypes.string_at(0)


KINDS = {"raises": raising, "loops": looping, "swells": swelling, "crashes": crashing}


def finding(event_name, reaction):
    """The reaction, or what poisons it."""
    found = find(event_name, reaction)

    def poisoned(ctx, **payload):
        kind = json.loads(FILE.read_text() or "{}").get(payload.get("order_id"))
        if kind is not None:
            KINDS[kind]()
        return found(ctx, **payload)

    return poisoned if found is not None and reaction == "close_order" else found


worker.find = finding
