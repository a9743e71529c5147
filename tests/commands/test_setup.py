"""The bootstrap: standard library only, one sentence for every failure, the stamp last, a lock without addresses."""

import builtins
import errno
import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from backend import __main__ as entry
from backend.commands import _setup

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKED = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^\s;]+( ; [^\\]+)? \\$")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for lock in _setup.LOCKS:
        (tmp_path / lock).parent.mkdir(exist_ok=True)
        (tmp_path / lock).write_text(f"# {lock}")
    return tmp_path


def finished(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").touch()
    (project / ".venv" / ".stamp").write_text(_setup.fingerprint(project))


@pytest.mark.parametrize("lock", _setup.LOCKS)
def test_a_lock_has_no_address_and_a_hash_for_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text and "--find" not in text
    for block in re.split(r"\n(?! )", text.strip()):
        first, *hashes = block.split("\n")
        assert LOCKED.match(first), first
        assert hashes and all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), first


def test_the_lock_pins_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = "\n".join(project["dependencies"] + project["optional-dependencies"]["test"])
    asked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^;\s]+)", wanted, re.MULTILINE))
    locked = set(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / _setup.LOCKS[0]).read_text(), re.MULTILINE))
    assert len(asked) > 30
    assert asked - locked == set()


def test_what_runs_before_the_venv_imports_the_standard_library_only() -> None:
    files = ("backend/__init__.py", "backend/__main__.py", "backend/commands/__init__.py", "backend/commands/_setup.py")
    files += ("backend/infra/__init__.py", "backend/infra/clock.py")
    imported = {
        name
        for file in files
        for name in re.findall(r"^\s*(?:from|import) ([\w.]+)", (ROOT / file).read_text(), re.MULTILINE)
    }
    assert {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names} == {"backend.infra.clock"}


def test_an_old_python_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert entry.main(["up"]) == 2
    says = capsys.readouterr().err
    assert says.startswith("Tuanma needs Python 3.11 or newer, and ") and "is 3.10: " in says
    assert says.count("\n") == 1


def test_an_unknown_command_is_answered_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["lpu"]) == 2
    says = capsys.readouterr().err
    assert says.startswith("There is no command 'lpu'.\n")
    assert {"up", "test", "api", "worker", "cron", "migrate", "doctor"} <= set(
        re.findall(r"^  ([a-z-]+) ", says, re.MULTILINE)
    )
    assert "_setup" not in says


def test_every_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["--help"]) == 0
    rows = re.findall(r"^  ([a-z-]+) +(.*)$", capsys.readouterr().out, re.MULTILINE)
    assert [name for name, says in rows if not says.strip()] == []
    assert [name for name, _ in rows] == sorted(entry.commands())


def test_it_is_ready_only_with_the_stamp_of_these_locks(project: Path) -> None:
    assert not _setup.is_ready(project)
    finished(project)
    assert _setup.is_ready(project)
    (project / _setup.LOCKS[0]).write_text("# another")
    assert not _setup.is_ready(project)


def test_an_interrupted_installation_is_not_ready(project: Path) -> None:
    finished(project)
    (project / ".venv" / ".stamp").unlink()
    assert not _setup.is_ready(project)


class Steps:
    """Stands for the steps of an installation: which were taken, and which shall fail."""

    def __init__(self, failing: str) -> None:
        self.failing, self.taken = failing, []

    def __call__(self, title: str, command: list[str], *_: Any) -> str | None:
        self.taken.append(f"{title}: {'uv' if 'uv' in command else 'pip' if 'pip' in command else 'venv'}")
        return "it broke" if re.search(self.failing, self.taken[-1]) else None


def install(project: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> list[str]:
    steps = Steps(failing)
    (project / ".venv").mkdir()
    monkeypatch.setattr(_setup, "step", steps)
    monkeypatch.setattr(_setup, "index_of_pip", lambda python: [])
    _setup.build(project)
    return steps.taken


def test_uv_installs_and_the_stamp_is_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = install(project, monkeypatch, "nothing fails")
    assert taken == ["1/3 making .venv: venv", "2/3 fetching the installer: pip", "3/3 installing libraries: uv"]
    assert (project / ".venv" / ".stamp").read_text() == _setup.fingerprint(project)


@pytest.mark.parametrize("failing", ["installer", "libraries: uv"])
def test_pip_steps_in_when_the_fast_way_fails(project: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    assert install(project, monkeypatch, failing)[-1] == "3/3 installing libraries: pip"
    assert (project / ".venv" / ".stamp").exists()


@pytest.mark.parametrize("failing", ["venv", "installer|libraries"])
def test_a_failure_is_one_sentence_and_leaves_no_stamp(
    project: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    with pytest.raises(_setup.CannotSetUp, match="could not be .*: it broke$"):
        install(project, monkeypatch, failing)
    assert not (project / ".venv" / ".stamp").exists()


def test_a_missing_venv_module_is_answered_with_its_cure(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert _setup.enter(project, ["up"]) == 2
    assert "on Debian and Ubuntu run `apt install python3-venv` and start again.\n" in capsys.readouterr().err


def test_a_read_only_folder_is_answered_in_one_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(builtins, "open", read_only)
    assert _setup.enter(project, ["up"]) == 2
    says = capsys.readouterr().err
    assert f"The folder {project} cannot be written (Read-only file system)" in says
    assert says.count("\n") == 1


def test_a_venv_of_another_user_is_answered_in_one_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", closed)
    assert _setup.enter(project, ["up"]) == 2
    says = capsys.readouterr().err
    assert "was made by another user" in says and says.count("\n") == 1


def test_a_finished_folder_is_entered_without_writing_anything(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(project)
    entered: list[Any] = []
    monkeypatch.setattr(_setup.os, "execv", lambda *told: entered.append(told))
    monkeypatch.chdir(project)
    before = sorted(project.rglob("*"))
    _setup.enter(project, ["up", "--port", "8001"])
    python = str(project / ".venv" / "bin" / "python")
    assert entered == [(python, [python, "-m", "backend", "up", "--port", "8001"])]
    assert sorted(project.rglob("*")) == before


def test_the_index_a_user_told_pip_is_passed_on_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example")
    assert _setup.index_of_pip(sys.executable)[:-2] == [
        "--index-url", "https://packages.example/simple",
        "--extra-index-url", "https://a.example", "--extra-index-url", "https://b.example",
    ]  # fmt: skip


def test_the_last_error_line_of_a_step_is_what_a_person_reads(tmp_path: Path) -> None:
    code = "import sys; print('ERROR: no such package'); print('hint: something'); sys.exit(1)"
    assert _setup.step("trying", [sys.executable, "-c", code], tmp_path) == "ERROR: no such package"
    assert _setup.step("trying", [sys.executable, "-c", "pass"], tmp_path) is None
    assert _setup.step("trying", [sys.executable, "-c", "raise SystemExit(7)"], tmp_path) == "exit code 7"
