"""A backup file: one .tar.gz (0600) of files with a manifest of their SHA-256 sums, checked before it is trusted."""

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from backend.commands._folder import Refused

MANIFEST = "manifest.json"
FORMAT = 1


def pack(target: Path, files: Mapping[str, Path], about: Mapping[str, Any]) -> None:
    """Writes the archive beside its place, reads it back, and only then gives it its name; an existing one is kept."""
    if target.exists():
        raise Refused(f"{target} exists already: name another file with --to FILE.")
    manifest = {**about, "format": FORMAT, "files": {name: digest(path) for name, path in sorted(files.items())}}
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    try:
        with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
                add(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
                for name, path in sorted(files.items()):
                    tar.add(path, arcname=name, recursive=False)
            raw.flush()
            os.fsync(raw.fileno())
        check(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Adds bytes as a file."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def check(archive: Path) -> dict[str, Any]:
    """The manifest, after every file was compared with it; raises Refused for anything that is not as it says."""
    return walk(archive, None)


def unpack(archive: Path, folder: Path) -> dict[str, Any]:
    """Writes the files (0600, folders 0700) below an empty folder while checking them; the manifest."""
    return walk(archive, folder)


def walk(archive: Path, folder: Path | None) -> dict[str, Any]:
    """Reads the archive once from front to back."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            members = iter(tar)
            manifest = read_manifest(tar, next(members, None), archive)
            missing = dict(manifest["files"])
            for member in members:
                if missing.get(member.name) is None or not member.isreg() or not is_plain(member.name):
                    raise Refused(
                        f"{archive} holds {member.name!r}, which its manifest does not name: not a backup of ours."
                    )
                content = tar.extractfile(member)
                assert content is not None
                if copy(content, folder / member.name if folder else None) != missing.pop(member.name):
                    raise Refused(f"{archive} is damaged: {member.name} is not what was saved.")
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, KeyError) as problem:
        raise Refused(f"{archive} cannot be read as a backup ({problem}).") from None
    if missing:
        raise Refused(f"{archive} is incomplete: {', '.join(missing)} is missing.")
    return manifest


def read_manifest(tar: tarfile.TarFile, first: tarfile.TarInfo | None, archive: Path) -> dict[str, Any]:
    """The first member, which says what must follow."""
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if content is None:
        raise Refused(f"{archive} is not a backup of ours: it does not begin with a manifest.")
    manifest = json.loads(content.read())
    if manifest["format"] != FORMAT:
        raise Refused(f"{archive} was made by another version of the program (format {manifest['format']}).")
    return manifest


def is_plain(name: str) -> bool:
    """A relative path that stays below its folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def copy(content: Any, target: Path | None) -> str:
    """Reads a stream to its end, into a private file if one is named; its SHA-256."""
    summed = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target or os.devnull, os.O_WRONLY | (os.O_CREAT | os.O_EXCL if target else 0), 0o600)
    with open(descriptor, "wb") as file:
        while block := content.read(2**20):
            summed.update(block)
            file.write(block)
    return summed.hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
