"""The contracts of pyproject.toml: all kept, and each has been seen to break under one forbidden import."""

from copy import deepcopy
from functools import cache

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract

from tests.house.sources import ROOT

KINDS = {each.type_name: each for each in (ForbiddenContract, IndependenceContract, LayersContract, ProtectedContract)}


@cache
def configuration() -> dict:
    return read_configuration(str(ROOT / "pyproject.toml"))


@cache
def graph() -> grimp.ImportGraph:
    """Who imports whom, in the house as it stands."""
    packages = configuration()["session_options"]["root_packages"]
    return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


def contracts() -> list[Contract]:
    session = configuration()["session_options"]
    return [KINDS[each["type"]](each["name"], session, each) for each in configuration()["contracts_options"]]


def broken(house: grimp.ImportGraph) -> list[str]:
    """Names of the contracts that do not hold; what a contract finds missing is broken too."""
    names = []
    for contract in contracts():
        try:
            kept = contract.check(deepcopy(house), verbose=False).kept
        except ValueError:
            kept = False
        if not kept:
            names.append(contract.name)
    return names


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract.name)
def test_the_contract_is_kept(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    check = contract.check(deepcopy(graph()), verbose=False)
    if not check.kept:
        contract.render_broken_contract(check)
        pytest.fail(capsys.readouterr().out, pytrace=False)


DOORS = "Doors stand above the backend and beside each other"
FLOORS = "Floors of the backend"
USECASES = "Use cases do not call one another"
STEPS = "Steps do not call one another"
OUTSIDE = "Nouns do not reach the outside world"
PURE = "Rules, states, events, refusals and the kernel are pure"
STORES = "Stores belong to use cases, queries and steps"
RULES = "Rules belong to use cases, queries, steps, checks and their own store"
APART = "The emulator imports nothing of ours"
UNUSED = "Nothing imports the emulator but the commands that start it"

PLANTED: list[tuple[str, str, list[str]]] = [
    ("backend.app", "miniprogram_api", [DOORS]),
    ("backend.usecases.place_order", "miniprogram_api.door", [DOORS]),
    ("backend.queries.orders", "admin.words", [DOORS]),
    ("admin.base", "miniprogram_api.errors", [DOORS]),
    ("miniprogram_api.auth", "admin.gate", [DOORS]),
    ("admin.staff", "backend.organisation.store", [STORES]),
    ("admin.staff", "backend.organisation.rules", [RULES]),
    ("wxsim.orders", "admin.words", [APART]),
    ("admin.base", "wxsim.clock", [UNUSED]),
    ("backend.kernel.money", "backend.infra.clock", [FLOORS]),
    ("backend.infra.uow", "backend.gateways", [FLOORS, OUTSIDE]),
    ("backend.orders.models", "backend.catalog.models", [FLOORS]),
    ("backend.orders.store", "backend.catalog.store", [FLOORS, STORES]),
    ("backend.orders.store", "backend.catalog.rules", [FLOORS]),
    ("backend.orders.store", "backend.context", [FLOORS]),
    ("backend.queries.orders", "backend.usecases.place_order", [FLOORS]),
    ("backend.usecases.place_order", "backend.queries.orders", [FLOORS]),
    ("backend.usecases.place_order", "backend.reactions", [FLOORS]),
    ("backend.checks.orders", "backend.queries.orders", [FLOORS]),
    ("backend.checks.orders", "backend.steps.end_order", [FLOORS]),
    ("backend.steps.end_order", "backend.usecases.place_order", [FLOORS, USECASES]),
    ("backend.usecases.cancel_order", "backend.usecases.close_order", [USECASES]),
    ("backend.steps.end_order", "backend.steps.apply_trade", [STEPS]),
    ("backend.payments.store", "backend.gateways.wechat_pay_answers", [OUTSIDE]),
    ("backend.queries.orders", "backend.gateways.files", [OUTSIDE]),
    ("backend.orders.rules", "sqlalchemy", [PURE]),
    ("backend.orders.states", "flask", [PURE]),
    ("backend.orders.events", "rq", [PURE]),
    ("backend.orders.refusals", "backend.infra.uow", [PURE]),
    ("backend.kernel.errors", "flask", [PURE]),
    ("miniprogram_api.orders", "backend.orders.store", [STORES]),
    ("backend.worker", "backend.orders.store", [STORES]),
    ("backend.commands.up", "backend.stock.store", [STORES]),
    ("miniprogram_api.orders", "backend.stock.rules", [RULES]),
    ("backend.reactions", "backend.orders.rules", [RULES]),
    ("wxsim.orders", "backend.kernel.money", [APART]),
    ("wxsim.orders", "miniprogram_api.errors", [APART]),
    ("backend.gateways.wechat_pay", "wxsim.signing", [UNUSED]),
    ("miniprogram_api.health", "wxsim.clock", [UNUSED]),
]


@pytest.mark.parametrize(("importer", "imported", "names"), PLANTED)
def test_one_forbidden_import_breaks_it(importer: str, imported: str, names: list[str]) -> None:
    """Others may break with it, for a chain of imports is an import too."""
    house = deepcopy(graph())
    for module in (importer, imported):
        if module not in house.modules:
            house.add_module(module)
    house.add_import(importer=importer, imported=imported)
    assert set(names) <= set(broken(house))


def test_a_new_package_must_choose_its_floor() -> None:
    house = deepcopy(graph())
    house.add_module("backend.warehouses")
    assert FLOORS in broken(house)


def test_every_contract_has_been_seen_breaking() -> None:
    assert {contract.name for contract in contracts()} == {name for _, _, names in PLANTED for name in names}


@pytest.mark.parametrize(("importer", "imported"), [
    ("backend.usecases.place_order", "backend.orders.store"), ("backend.steps.end_order", "backend.stock.store"),
    ("backend.usecases.check_books_slice", "backend.checks.check_books"), ("backend.queries.books", "backend.checks.check_books"),
    ("backend.queries.orders", "backend.orders.rules"), ("backend.orders.store", "backend.orders.rules"),
    ("miniprogram_api.orders", "backend.usecases.place_order"), ("backend.commands.up", "wxsim.config"),
])
def test_what_the_design_allows_breaks_nothing(importer: str, imported: str) -> None:
    before = broken(graph())
    house = deepcopy(graph())
    house.add_import(importer=importer, imported=imported)
    assert broken(house) == before
