"""`python3 -m backend <command>`: checks the Python, makes .venv when it is missing or old, and runs the command in it.

Standard library only, and written so that an old Python can at least read it and be told what is wrong.
"""

import ast
import importlib
import os
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent


def commands() -> dict:
    """Name → first line of its docstring, for every sub-command that exists."""
    found = {}
    for path in sorted((ROOT / "backend" / "commands").glob("[a-z]*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem.replace("_", "-")] = docstring.split("\n")[0]
    return found


def usage() -> str:
    """What `--help` and a wrong name answer."""
    rows = [f"  {name:<16} {says}" for name, says in commands().items()]
    return "\n".join(["usage: python3 -m backend [command] [options]   (without a command: up)", *rows])


def fail(sentence: str) -> int:
    """Says one sentence on stderr; the exit code for it."""
    print(sentence, file=sys.stderr)
    return 2


def main(argv: list) -> int:
    """Runs one sub-command and returns its exit code; replaces the process where .venv has to be entered first."""
    if os.name != "posix":
        return fail("Tuanma runs on Linux and macOS; on Windows use it inside WSL.")
    if sys.version_info < OLDEST:
        return fail(
            "Tuanma needs Python {}.{} or newer, and {} is {}.{}: start it with a newer one (python3.12, say).".format(
                *OLDEST, sys.executable, *sys.version_info[:2]
            )
        )
    if argv and argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name, rest = (argv[0], argv[1:]) if argv and not argv[0].startswith("-") else ("up", argv)
    if name not in commands():
        return fail(f"There is no command '{name}'.\n{usage()}")
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        return importlib.import_module("backend.commands._setup").enter(ROOT, [name, *rest])
    return run(name, rest)


def run(name: str, rest: list) -> int:
    """Runs the command inside .venv; Ctrl-C and a closed pipe end it without a traceback."""
    try:
        return importlib.import_module("backend.commands." + name.replace("-", "_")).main(rest) or 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
