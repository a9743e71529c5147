"""How a story is told: scenes and steps on the terminal in one language, and every claim checked before it is told."""

from collections.abc import Callable
from typing import Any

from backend.commands._client import Declined, new_key
from backend.commands._stage import Stage
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.calendar import CHINA
from backend.kernel.errors import Refused
from backend.kernel.money import format_yuan

STAFF = staff("stf_story", EVERYTHING)


class Differs(Exception):
    """The shop did something else than the story says."""


class Teller:
    """Tells in Chinese or English what has been checked."""

    def __init__(self, stage: Stage, english: bool, tell: Callable[[str], None] = print) -> None:
        self.stage, self.english, self._tell = stage, english, tell
        self.run = new_key()[:6]
        self._scenes = 0
        self.checks = 0

    @property
    def language(self) -> str:
        return "en" if self.english else "zh"

    def words(self, zh: str, en: str) -> str:
        """The one of the two that is being told."""
        return en if self.english else zh

    def scene(self, zh: str, en: str) -> None:
        """A new scene, with the shop's time."""
        self._scenes += 1
        at = self.stage.now().astimezone(CHINA)
        self._tell(f"\n{self._scenes:>2}. {self.words(zh, en)}  [{at:%m-%d %H:%M}]")

    def say(self, zh: str, en: str) -> None:
        """One step that went as it should."""
        self._tell(f"    · {self.words(zh, en)}")

    def equal(self, what: str, got: Any, wanted: Any) -> None:
        """Differs unless they are the same."""
        self.checks += 1
        if got != wanted:
            raise Differs(f"{what}: {wanted!r} was expected, and it is {got!r}")

    def refused(self, code: str, action: Callable[[], Any]) -> Declined | Refused:
        """The no that `action` must get; Differs when it gets another one, or none."""
        self.checks += 1
        try:
            done = action()
        except (Declined, Refused) as no:
            self.equal("the refusal's code", no.code, code)
            return no
        raise Differs(f"the refusal {code} was expected, and it was done: {done!r}")


def yuan(fen: int) -> str:
    """`¥23.90`."""
    return format_yuan(fen)
