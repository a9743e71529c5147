"""Count a try to log in before its password is looked at, so that tries at the same time are counted too."""

import hashlib

from backend.infra.uow import Transaction
from backend.organisation import store as organisation
from backend.organisation.rules import ACCOUNT_TRIES, ADDRESS_TRIES, Tries, one_more_try, without_this_try


def account(login: str) -> str:
    """The counter of an account name, whether anybody has it or not."""
    return _named("account", login)


def address(text: str) -> str:
    """The counter of a network address."""
    return _named("address", text)


def second_step(staff_id: str) -> str:
    """The counter of wrong codes."""
    return _named("code", staff_id)


def count_try(tx: Transaction, *, by: str, at: str | None = None) -> bool:
    """Count one try of the counter `by` (and of the address `at`); True when it was the last one before a lock.

    Refuses (`login_locked`) while either is locked. Commit before the password is looked at; when it was right, `take_back`.
    """
    limits = {by: ACCOUNT_TRIES} | ({at: ADDRESS_TRIES} if at else {})
    counted: dict[str, Tries] = {who: one_more_try(tries, tx.now, limits[who])
                                 for who, tries in organisation.lock_tries(tx, list(limits)).items()}
    for who, tries in counted.items():
        organisation.write_tries(tx, who, tries)
    return counted[by].locked_until is not None


def take_back(tx: Transaction, *, by: str, at: str | None = None) -> None:
    """The password was right: `by` begins anew, the address has one try less."""
    if at:
        for who, tries in organisation.lock_tries(tx, [at]).items():
            organisation.write_tries(tx, who, without_this_try(tries))
    organisation.forget_tries(tx, [by])


def _named(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text.strip().lower()[:200]}".encode()).hexdigest()
