"""Who acts: a shopper, a member of staff, the system itself, WeChat, or nobody known."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.kernel.errors import FORBIDDEN, NOT_FOUND, Kind, Refusal

LOGIN_NEEDED = Refusal(Kind.UNAUTHENTICATED, "login_needed", zh="请先登录。", en="Please log in first.")


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` ∈ shopper, staff, system, wechat, anonymous; `id` is empty for the last three.

    Staff carry their `permissions` (`noun.verb`, see organisation/rules.py) and the stores whose data they see
    (`store_ids`, None for all). Both are read anew for every request, so that a change counts at once.
    """

    kind: str
    id: str = ""
    permissions: frozenset[str] = frozenset()
    store_ids: frozenset[str] | None = frozenset()

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def must_be(self, *kinds: str) -> None:
        """Refuse unless this actor is of one of `kinds` (unauthenticated for nobody, forbidden for others)."""
        if self.kind in kinds:
            return
        raise (LOGIN_NEEDED if self.kind == "anonymous" else FORBIDDEN)()

    def may(self, permission: str) -> bool:
        """Whether this actor has `permission`: the system has every one, staff those of their roles, others none."""
        return self.kind == "system" or (self.kind == "staff" and (permission in self.permissions or "*" in self.permissions))

    def must(self, permission: str) -> None:
        """Refuse unless this actor `may` (unauthenticated for nobody, forbidden for others)."""
        if not self.may(permission):
            raise (LOGIN_NEEDED if self.kind == "anonymous" else FORBIDDEN)()

    def sees(self, store_id: str) -> bool:
        """Whether the data of this store lie within the actor's scope: all stores for the system, for staff their own."""
        return self.kind == "system" or (self.kind == "staff" and (self.store_ids is None or store_id in self.store_ids))

    def must_see(self, store_id: str) -> None:
        """Refuse what lies outside the actor's scope just as if it did not exist."""
        if not self.sees(store_id):
            raise NOT_FOUND()

    def must_see_all(self) -> None:
        """Refuse whoever sees only some stores: this is a matter of the whole merchant."""
        if self.kind == "staff" and self.store_ids is not None:
            raise FORBIDDEN()

    @property
    def sees_all(self) -> bool:
        """Whether the data of all stores lie within the actor's scope, and so what belongs to no store."""
        return self.kind == "system" or (self.kind == "staff" and self.store_ids is None)

    @property
    def member_id(self) -> str:
        """The shopper's member id; refuses everybody else."""
        self.must_be("shopper")
        return self.id


SYSTEM = Actor("system")
WECHAT = Actor("wechat")
ANONYMOUS = Actor("anonymous")
EVERYTHING = frozenset({"*"})
"""The permissions of whoever may do all that staff can do."""


def shopper(member_id: str) -> Actor:
    return Actor("shopper", member_id)


def staff(staff_id: str, permissions: Iterable[str] = (), store_ids: Iterable[str] | None = None) -> Actor:
    """Somebody of the merchant's; without permissions they may do nothing. `store_ids` None: the data of all stores."""
    return Actor("staff", staff_id, frozenset(permissions), None if store_ids is None else frozenset(store_ids))
