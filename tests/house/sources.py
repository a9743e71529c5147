"""The house's own Python files, parsed once, for the tests of how they are written."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ("backend", "miniprogram_api", "admin", "wxsim", "migrations", "wsgi.py")
TESTS = ("tests",)


@dataclass(frozen=True)
class Source:
    """One Python file: `path` from the root of the repository, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The module's name, `backend.infra.uow`."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def planted(text: str, path: str = "backend/example.py") -> Source:
    """A file that is not there, to prove that a test can fail."""
    return Source(path, text, ast.parse(text))


@cache
def sources(*tops: str) -> tuple[Source, ...]:
    """All Python files below `tops` (folders or files of the repository), sorted by path."""
    found = []
    for top in tops:
        path = ROOT / top
        found += [path] if path.is_file() else path.rglob("*.py")
    return tuple(_read(path) for path in sorted(found))


def _read(path: Path) -> Source:
    text = path.read_text("utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def faults(check: Callable[[Source], Iterator[str]], *tops: str) -> list[str]:
    """What `check` finds wrong in the files below `tops`, each as `path: fault`."""
    return [f"{source.path}: {fault}" for source in sources(*tops) for fault in check(source)]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute; what stands before the first name is dropped: `f().c` is `.c`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """(dotted name, statement) of everything that is imported in `tree`; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{'.' * node.level}{node.module or ''}.{alias.name}", node) for alias in node.names)
