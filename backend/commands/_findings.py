"""What `doctor` finds: one line each, good or not, with what to do about it."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend.commands._folder import Folder

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `cure` says what to do, and is empty when all is well."""

    level: Level
    subject: str
    says: str
    cure: str = ""

    def line(self) -> str:
        """The line as it is printed."""
        return f"{self.level:<5} {self.subject:<10} {self.says}{f'. {self.cure}' if self.cure else ''}"


def rights(folder: Folder) -> list[Finding]:
    """Folders must be 0700 and files 0600: they hold keys, passwords and personal data."""
    if not folder.root.exists():
        return []
    kept = [folder.root, *(path for path in folder.root.rglob("*") if not path.is_symlink())]
    open_ones = [path for path in kept if is_open(path)]
    if not open_ones:
        return [Finding("ok", "files", f"{folder.root} and all in it belong to their owner alone")]
    names = ", ".join(str(path) for path in open_ones[:5]) + (" …" if len(open_ones) > 5 else "")
    cure = f"Run: chmod -R go= {folder.root}"
    return [Finding("fail", "files", f"{len(open_ones)} can be read or written by others: {names}", cure)]


def is_open(path: Path) -> bool:
    """True when anybody but the owner has a right on it; a file that has just gone is not open."""
    try:
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)
    except FileNotFoundError:
        return False
