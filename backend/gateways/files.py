"""Files that people see (pictures, posters), kept by a random key; a shared folder now, object storage later."""

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO, Protocol

from backend.gateways.refusals import FILE_NOT_FOUND

KEY = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,8})?")
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,8})?")


class Files(Protocol):
    """Whole files by key. Keys cannot be guessed, say nothing about the content and never change their meaning."""

    def put(self, data: bytes, suffix: str = "") -> str: ...
    def open(self, key: str) -> BinaryIO: ...
    def path(self, key: str) -> Path: ...


class FolderFiles:
    """Files under one folder, 65,536 sub-folders in two levels by the first four letters of the key."""

    def __init__(self, root: Path) -> None:
        """The folder is made when the first file comes."""
        self.root = root

    def put(self, data: bytes, suffix: str = "") -> str:
        """Keep `data` under a new key ending in `suffix` (".jpg", lower case); there whole, also after a power cut.

        Called again it makes another file. ValueError for a suffix that is none.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError("a suffix is a dot and at most eight small letters or digits")
        key = f"{secrets.token_hex(16)}{suffix}"
        target = self._place(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{key}.part")
        try:
            with unfinished.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise
        return key

    def open(self, key: str) -> BinaryIO:
        """The file for reading; refused (`file_not_found`) for an absent key and for anything that is no key."""
        try:
            return self.path(key).open("rb")
        except OSError as error:
            raise FILE_NOT_FOUND() from error

    def path(self, key: str) -> Path:
        """Where the file lies, inside the folder whatever `key` says; refused like `open`."""
        if not KEY.fullmatch(key) or not (place := self._place(key)).is_file():
            raise FILE_NOT_FOUND()
        return place

    def _place(self, key: str) -> Path:
        return self.root / key[:2] / key[2:4] / key
