"""Files that people see (pictures, posters), kept by a random key; a shared folder now, object storage later."""

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from backend.gateways.refusals import FILE_NOT_FOUND, FILE_NOT_KEPT

KEY = re.compile(r"[0-9a-f]{32}(-[0-9]{2,4})?(\.[a-z0-9]{1,8})?")
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""What a disk says that is full, or takes nothing any more."""
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,8})?")


class Files(Protocol):
    """Whole files by key. Keys cannot be guessed, say nothing about the content and never change their meaning."""

    def put(self, data: bytes, suffix: str = "") -> str: ...
    def put_smaller(self, key: str, side: int, data: bytes) -> None: ...
    def writing(self, suffix: str = "") -> AbstractContextManager[tuple[str, BinaryIO]]: ...
    def open(self, key: str) -> BinaryIO: ...
    def path(self, key: str) -> Path: ...
    def shown(self, key: str, side: int | None) -> Path: ...
    def remove(self, key: str) -> None: ...
    def remove_unfinished(self, before: datetime) -> int: ...
    def older(self, suffixes: Collection[str], before: datetime) -> list[str]: ...


def smaller(key: str, side: int) -> str:
    """The key of the thumbnail of that side which lies beside a picture."""
    stem, dot, suffix = key.partition(".")
    return f"{stem}-{side}{dot}{suffix}"


def _unfinished(key: str) -> str:
    return f".{key}.part"


class FolderFiles:
    """Files under one folder, 65,536 sub-folders in two levels by the first four letters of the key."""

    def __init__(self, root: Path) -> None:
        """The folder is made when the first file comes."""
        self.root = root

    def put(self, data: bytes, suffix: str = "") -> str:
        """Keep `data` under a new key ending in `suffix` (".jpg", lower case); there whole, also after a power cut.

        Called again it makes another file. ValueError for a suffix that is none; refused (`file_not_kept`) by a full disk.
        """
        with self.writing(suffix) as (key, file):
            file.write(data)
        return key

    def put_smaller(self, key: str, side: int, data: bytes) -> None:
        """Keep a thumbnail beside the picture `key`, under `smaller(key, side)`; put again it takes the place of the first."""
        self.path(key)
        with self._whole(smaller(key, side)) as file:
            file.write(data)

    @contextlib.contextmanager
    def writing(self, suffix: str = "") -> Iterator[tuple[str, BinaryIO]]:
        """A new key and its file to write to; the file is there, whole, when the block ends well, else nothing is.

        Refused (`file_not_kept`) when the disk is full.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError("a suffix is a dot and at most eight small letters or digits")
        key = f"{secrets.token_hex(16)}{suffix}"
        with self._whole(key) as file:
            yield key, file

    @contextlib.contextmanager
    def _whole(self, key: str) -> Iterator[BinaryIO]:
        target = self._place(key)
        unfinished = target.with_name(_unfinished(key))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except BaseException as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            if isinstance(error, OSError) and error.errno in DISK:
                raise FILE_NOT_KEPT() from error
            raise

    def remove(self, key: str) -> None:
        """Take a file away with its thumbnails; what is not there is no matter. Refused like `open` for what is no key."""
        if not KEY.fullmatch(key):
            raise FILE_NOT_FOUND()
        place = self._place(key)
        stem, dot, suffix = key.partition(".")
        for each in (place, place.with_name(_unfinished(key)), *place.parent.glob(f"{stem}-*{dot}{suffix}")):
            each.unlink(missing_ok=True)

    def remove_unfinished(self, before: datetime) -> int:
        """Take away what was begun before then (in real time) and never became whole: its writer died. Returns how many."""
        found = 0
        for each in self.root.rglob(".*.part"):
            if each.stat().st_mtime < before.timestamp():
                each.unlink(missing_ok=True)
                found += 1
        return found

    def older(self, suffixes: Collection[str], before: datetime) -> list[str]:
        """Keys of whole files with one of these suffixes that were written before then (in real time)."""
        found = []
        for suffix in suffixes:
            for each in self.root.rglob(f"*{suffix}"):
                with contextlib.suppress(FileNotFoundError):
                    if KEY.fullmatch(each.name) and each.stat().st_mtime < before.timestamp():
                        found.append(each.name)
        return found

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

    def shown(self, key: str, side: int | None) -> Path:
        """Where the thumbnail of that side lies; the picture itself when there is none, or no side is asked for."""
        if side is not None and KEY.fullmatch(key) and (thumbnail := self._place(smaller(key, side))).is_file():
            return thumbnail
        return self.path(key)

    def _place(self, key: str) -> Path:
        return self.root / key[:2] / key[2:4] / key
