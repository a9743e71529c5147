"""Context: who acts, when, and by which means; the first argument of every use case and query."""

from dataclasses import dataclass, replace
from datetime import datetime

from backend.gateways import Gateways
from backend.infra.clock import Clock
from backend.infra.crypto import FieldCipher
from backend.infra.outbox import Lease
from backend.infra.settings import Settings
from backend.infra.shop_rules import RuleBook, ShopRules
from backend.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Context:
    """One actor's moment: `now` is read once, so that everything in a use case happens at one time.

    `delivery` is set when a worker runs a reaction; the use case's last transaction finishes it.
    """

    actor: Actor
    now: datetime
    settings: Settings
    gateways: Gateways
    cipher: FieldCipher
    rules: RuleBook
    delivery: Lease | None = None
    request_id: str = ""

    @property
    def shop(self) -> ShopRules:
        """The shop's rules as they are now (at most some seconds old); outside transactions on hot paths, please."""
        return self.rules.now()

    def acting_as(self, actor: Actor) -> "Context":
        """The same moment seen as another actor."""
        return replace(self, actor=actor)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process holds for its whole life; makes Contexts."""

    settings: Settings
    clock: Clock
    gateways: Gateways
    cipher: FieldCipher
    rules: RuleBook

    def context(self, actor: Actor, *, delivery: Lease | None = None, request_id: str = "") -> Context:
        """A Context of this very moment."""
        return Context(actor, self.clock.now(), self.settings, self.gateways, self.cipher, self.rules, delivery, request_id)
