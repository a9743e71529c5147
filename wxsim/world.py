"""Everything one running stand-in consists of, handed to whoever needs it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import current_app

from wxsim.books import Books
from wxsim.clock import Clock
from wxsim.config import Config
from wxsim.faults import Faults

if TYPE_CHECKING:
    from wxsim.delivery import Delivery
    from wxsim.keys import Keys


@dataclass
class World:
    """Configuration, clock, books, armed faults, platform keys and the delivery of notifications."""

    config: Config
    clock: Clock
    books: Books
    faults: Faults
    keys: "Keys"
    delivery: "Delivery" = field(init=False)


def world() -> World:
    """The world of the application that is answering now."""
    return current_app.extensions["wxsim"]
