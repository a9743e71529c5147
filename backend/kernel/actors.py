"""Who acts: a shopper, a member of staff, the system itself, WeChat, or nobody known."""

from dataclasses import dataclass

from backend.kernel.errors import FORBIDDEN, Kind, Refusal

LOGIN_NEEDED = Refusal(Kind.UNAUTHENTICATED, "login_needed", zh="请先登录。", en="Please log in first.")


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` ∈ shopper, staff, system, wechat, anonymous; `id` is empty for the last three."""

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def must_be(self, *kinds: str) -> None:
        """Refuse unless this actor is of one of `kinds` (unauthenticated for nobody, forbidden for others)."""
        if self.kind in kinds:
            return
        raise (LOGIN_NEEDED if self.kind == "anonymous" else FORBIDDEN)()

    @property
    def member_id(self) -> str:
        """The shopper's member id; refuses everybody else."""
        self.must_be("shopper")
        return self.id


SYSTEM = Actor("system")
WECHAT = Actor("wechat")
ANONYMOUS = Actor("anonymous")


def shopper(member_id: str) -> Actor:
    return Actor("shopper", member_id)


def staff(staff_id: str) -> Actor:
    return Actor("staff", staff_id)
