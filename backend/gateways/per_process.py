"""One value for each process: made when first asked for, made anew in a forked child."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Holds connections and locks, which a child must not share with its parent. All threads get the same one."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[int, T] = {}

    def get(self) -> T:
        """This process's value. A parent's is kept untouched: closing it here would speak on the parent's sockets."""
        value = self._values.get(os.getpid())
        return self._values.setdefault(os.getpid(), self._make()) if value is None else value
