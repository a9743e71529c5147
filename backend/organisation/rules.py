"""Who may what: the permissions of the house, the roles that bundle them, and what names, passwords and log-ins must be. Pure.

A permission is `noun.verb`. Use cases and queries ask for one by name (`ctx.actor.must("orders.ship")`); a test holds every
name that is asked for against this table.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from backend.kernel.errors import Refusal
from backend.kernel.words import one_line
from backend.organisation.refusals import (
    LAST_OWNER,
    LOGIN_LOCKED,
    LOGIN_NAME,
    OWN_RIGHTS,
    PASSWORD_TOO_LONG,
    PASSWORD_TOO_SHORT,
    PASSWORD_TOO_SIMPLE,
    PLACE_NAME,
    ROLES_NEEDED,
    SCOPE_UNKNOWN,
    STAFF_NAME,
)

PERMISSIONS: dict[str, tuple[str, str]] = {
    "goods.view": ("查看商品与库存", "See goods and stock"),
    "goods.edit": ("编辑商品与分类", "Edit goods and categories"),
    "prices.edit": ("修改价格", "Change prices"),
    "costs.view": ("查看成本价", "See costs"),
    "stock.edit": ("调整库存", "Adjust stock"),
    "content.edit": ("编辑首页与横幅", "Arrange banners and home page"),
    "orders.view": ("查看订单", "See orders"),
    "orders.edit": ("改价、改地址、备注", "Change price, address and notes of orders"),
    "orders.ship": ("发货", "Ship orders"),
    "orders.hand_over": ("自提核销", "Hand over at pick-up"),
    "orders.refund": ("退款", "Refund orders"),
    "orders.export": ("导出订单", "Export orders"),
    "points.edit": ("管理自提点", "Manage pick-up points"),
    "aftersales.view": ("查看售后", "See after-sales requests"),
    "aftersales.decide": ("处理售后", "Decide after-sales requests"),
    "tickets.view": ("查看投诉工单", "See complaint tickets"),
    "tickets.answer": ("处理投诉工单", "Answer complaint tickets"),
    "reviews.view": ("查看评价", "See reviews"),
    "reviews.manage": ("回复与隐藏评价", "Answer and hide reviews"),
    "members.view": ("查看会员", "See members"),
    "members.reveal": ("查看完整手机号", "See whole phone numbers"),
    "members.log_out": ("强制会员下线", "Log members out"),
    "members.export": ("导出会员", "Export members"),
    "money.view": ("查看支付、退款与账单", "See payments, refunds and bills"),
    "money.check": ("对账与处理异常", "Compare bills and settle exceptions"),
    "books.view": ("查看账目检查", "See what the checks of the books find"),
    "books.run": ("执行账目检查", "Have the books checked"),
    "staff.manage": ("管理员工与权限", "Manage staff and their rights"),
    "audit.view": ("查看操作日志", "See the audit log"),
    "jobs.view": ("查看任务", "See jobs"),
    "jobs.run": ("执行与重试任务", "Run and retry jobs"),
    "settings.edit": ("修改设置", "Change settings"),
}
"""Every permission with its name in Chinese and English."""

_VIEWS = frozenset(name for name in PERMISSIONS if name.endswith(".view")) - {"costs.view", "audit.view", "books.view"}

ROLES: dict[str, tuple[str, str, frozenset[str]]] = {
    "owner": ("店主", "Owner", frozenset(PERMISSIONS)),
    "goods": ("商品运营", "Goods", frozenset({
        "goods.view", "goods.edit", "prices.edit", "costs.view", "stock.edit", "content.edit", "reviews.view"})),
    "orders": ("订单与仓库", "Orders", frozenset({
        "goods.view", "orders.view", "orders.edit", "orders.ship", "orders.hand_over", "orders.export", "points.edit",
        "aftersales.view", "members.view"})),
    "finance": ("财务", "Finance", frozenset({
        "orders.view", "orders.refund", "orders.export", "money.view", "money.check", "books.view", "books.run", "costs.view",
        "aftersales.view", "aftersales.decide", "audit.view"})),
    "service": ("客服", "Service", frozenset({
        "goods.view", "orders.view", "orders.edit", "aftersales.view", "aftersales.decide", "tickets.view", "tickets.answer",
        "reviews.view", "reviews.manage", "members.view", "members.reveal", "members.log_out"})),
    "community": ("社群经理", "Community manager", frozenset({
        "goods.view", "orders.view", "orders.hand_over", "tickets.view", "tickets.answer", "reviews.view", "reviews.manage",
        "members.view", "content.edit"})),
    "read_only": ("只读", "Read only", _VIEWS),
}
"""Role → its name in Chinese and English, and its permissions. Rights of several roles add up."""


SHARED = frozenset({"goods.edit", "prices.edit", "content.edit", "staff.manage", "audit.view", "books.view", "books.run",
                    "jobs.view", "jobs.run", "settings.edit"})
"""Rights over what all stores have in common: only for staff who see all stores, whatever their roles say."""


def permissions_of(roles: Iterable[str], *, everywhere: bool = True) -> frozenset[str]:
    """All permissions of these roles together; unknown roles (of an older version) give nothing. `everywhere`: whether they are
    for all stores; else they leave out what all stores share (`SHARED`)."""
    found = frozenset().union(*(ROLES[role][2] for role in roles if role in ROLES))
    return found if everywhere else found - SHARED


SCOPES: dict[str, tuple[str, str]] = {
    "head_office": ("总部（全部门店）", "Head office (all stores)"),
    "region": ("区域", "Region"),
    "dealer": ("经销商", "Dealer"),
    "store": ("门店", "Store"),
}
"""Kinds of scope with their names; all but the head office name which one."""


# --- names ---

NAME_LENGTH = 32
PLACE_LENGTH = 64
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")


def login_name(text: str) -> str:
    """The log-in name as it is kept: small letters, digits, `.`, `_`, `-`, 3 to 32 of them; refuses (`login_name`) others."""
    login = unicodedata.normalize("NFKC", text).strip().lower()
    if not _LOGIN.fullmatch(login):
        raise LOGIN_NAME()
    return login


def staff_name(text: str) -> str:
    """The name by which people know a member of staff; refuses (`staff_name`) what is empty or too long once cleaned."""
    return _cleaned(text, NAME_LENGTH, STAFF_NAME)


def place_name(text: str) -> str:
    """The name of a region, dealer or store; refuses (`place_name`) what is empty or too long once cleaned."""
    return _cleaned(text, PLACE_LENGTH, PLACE_NAME)


def _cleaned(text: str, limit: int, refusal: Refusal) -> str:
    kept = one_line(text)
    if not 1 <= len(kept) <= limit:
        raise refusal(limit=limit)
    return kept


# --- rights ---

def known_roles(roles: Iterable[str]) -> list[str]:
    """The roles in the order of the table, each once; refuses (`roles_needed`) none and unknown ones."""
    wanted = set(roles)
    if not wanted or wanted - set(ROLES):
        raise ROLES_NEEDED()
    return [role for role in ROLES if role in wanted]


def known_scope(scope: str, scope_id: str | None) -> tuple[str, str | None]:
    """(kind, id) of a scope, no id for the head office; refuses (`scope_unknown`) other kinds and a missing id."""
    if scope not in SCOPES or (scope != "head_office" and not scope_id):
        raise SCOPE_UNKNOWN()
    return scope, None if scope == "head_office" else scope_id


def must_keep_an_owner(owners: Collection[str], staff_id: str, *, stays: bool) -> None:
    """Refuse (`last_owner`) when `staff_id` stops to be an active owner (`stays` False) and no other of `owners` is left."""
    if staff_id in owners and not stays and len(set(owners)) == 1:
        raise LAST_OWNER()


def must_not_be_self(actor_staff_id: str, staff_id: str, *, changes: bool) -> None:
    """Refuse (`own_rights`) that somebody changes roles, scope or state of their own account."""
    if changes and actor_staff_id == staff_id:
        raise OWN_RIGHTS()


# --- passwords ---

PASSWORD_LENGTH = 10
PASSWORD_LIMIT = 128
"""Longer ones would only make hashing costly."""

_COMMON = frozenset({
    "1234567890", "0123456789", "12345678910", "1234567891", "0987654321", "1q2w3e4r5t", "qwertyuiop", "password12",
    "password123", "password1234", "qwerty12345", "q1w2e3r4t5", "abcdefghij", "a123456789", "woaini1314", "5201314520",
    "woaini520520", "1qaz2wsx3edc", "admin123456", "adminadmin", "administrator", "asdfghjkl123"})


def must_be_password(password: str, login: str) -> None:
    """Refuse (`password_too_short`, `_too_long`, `_too_simple`) what would be guessed: length counts, not sorts of letters."""
    if len(password) < PASSWORD_LENGTH:
        raise PASSWORD_TOO_SHORT(limit=PASSWORD_LENGTH)
    if len(password) > PASSWORD_LIMIT:
        raise PASSWORD_TOO_LONG(limit=PASSWORD_LIMIT)
    plain = unicodedata.normalize("NFKC", password).lower()
    if plain in _COMMON or len(set(plain)) < 5 or login.lower() in plain:
        raise PASSWORD_TOO_SIMPLE()


# --- log-ins ---

IDLE = timedelta(hours=2)
"""A log-in that is not used for so long is over."""

ABSOLUTE = timedelta(hours=12)
"""A log-in is over after so long, however much it is used."""

CODE_WAIT = timedelta(minutes=10)
"""So long the second step may take."""

RESET_LIFE = timedelta(hours=24)
"""So long a link to set a password works."""

SEEN_EVERY = timedelta(minutes=1)
"""A log-in's use is written down so often at most."""


def is_alive(now: datetime, *, seen_at: datetime, expires_at: datetime, revoked_at: datetime | None) -> bool:
    """Whether a log-in still counts: not revoked, not idle for too long, not too old."""
    return revoked_at is None and now < expires_at and now < seen_at + IDLE


ACCOUNT_TRIES = 5
ADDRESS_TRIES = 20
"""Failures in a row within `WINDOW` before a lock. One account never gets more than five, wherever they come from; an office
of many people stands behind one address, so an address gets some more – over all accounts together."""

WINDOW = timedelta(minutes=15)
LOCKED = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=4))
"""How long the first, second, … lock lasts; a day without one begins anew."""

FORGIVEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed log-ins in a row of one account name or address."""

    tries: int
    since: datetime
    locks: int = 0
    locked_until: datetime | None = None


def one_more_try(before: Tries | None, now: datetime, limit: int) -> Tries:
    """What to write down before a password is even looked at; refuses (`login_locked`) while a lock lasts.

    The try that reaches the limit is still heard, and locks already: if it fails, the next one is refused.
    """
    if before is not None and before.locked_until is not None and now < before.locked_until:
        raise LOGIN_LOCKED(minutes=minutes_left(before.locked_until, now))
    if before is None:
        before = Tries(0, now)
    locks, since, tries = before.locks, before.since, before.tries
    if before.locked_until is not None:
        since, tries = now, 0
        locks = 0 if now - before.locked_until > FORGIVEN else locks
    elif now - since > WINDOW:
        since, tries = now, 0
    if tries + 1 < limit:
        return Tries(tries + 1, since, locks)
    return Tries(tries + 1, since, locks + 1, now + LOCKED[min(locks, len(LOCKED) - 1)])


def without_this_try(counted: Tries) -> Tries:
    """The counter when the try turned out right: one less, and no lock if it was this one that locked."""
    locked = counted.locked_until is not None
    return Tries(max(0, counted.tries - 1), counted.since, counted.locks - 1 if locked else counted.locks)


def minutes_left(until: datetime, now: datetime) -> int:
    """Whole minutes until then, rounded up, at least one."""
    return max(1, -int((now - until).total_seconds() // 60))


# --- the second step ---

TOTP_SECONDS = 30
TOTP_SLACK = 1
"""So many steps a phone's clock may be behind or ahead."""


def totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step (RFC 6238) whose code this is, within the slack around `now`; None if it is none of them."""
    digits = unicodedata.normalize("NFKC", code).replace(" ", "")
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    totp, step = pyotp.TOTP(secret, interval=TOTP_SECONDS), int(now.timestamp()) // TOTP_SECONDS
    for each in range(step - TOTP_SLACK, step + TOTP_SLACK + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(each), digits):
            return each
    return None
