"""Files by random key: whole or absent, spread over folders, and never outside their own (T46, S6)."""

import errno
import re

import pytest

from backend.gateways.files import FolderFiles
from backend.kernel.errors import Kind, Refused


@pytest.fixture
def files(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    return FolderFiles(tmp_path / "files")


def test_what_was_put_comes_back(files):
    key = files.put(b"\x89PNG\x00", ".png")
    assert re.fullmatch(r"[0-9a-f]{32}\.png", key)
    with files.open(key) as file:
        assert file.read() == b"\x89PNG\x00"
    assert files.path(key) == files.root / key[:2] / key[2:4] / key
    assert files.put(b"\x89PNG\x00", ".png") != key
    assert re.fullmatch("[0-9a-f]{32}", files.put(b""))


def test_nothing_else_lies_there(files):
    keys = {files.put(b"x", ".jpg") for _ in range(50)}
    assert {path.name for path in files.root.rglob("*") if path.is_file()} == keys


@pytest.mark.parametrize("suffix", ["png", ".", ".PNG", ".tar.gz", "./x", ".a/b", ".p\n", "." + "x" * 9, ".\u00fc"])
def test_wrong_suffixes(files, suffix):
    with pytest.raises(ValueError):
        files.put(b"x", suffix)
    assert not files.root.exists()


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "../secret.txt", "/etc/passwd", "..%2fsecret.txt", "0" * 31, "0" * 32, "0" * 32 + ".png/..",
     "0" * 32 + "\n", "A" * 32, "0" * 32 + ".png\x00", "00/00/" + "0" * 32, "\u0660" * 32, ".0" * 16],
)  # fmt: skip
def test_what_is_no_key_or_absent_is_not_found(files, key):
    files.put(b"x")
    for ask in (files.open, files.path):
        with pytest.raises(Refused) as caught:
            ask(key)
        assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, "file_not_found")


def test_a_folder_is_no_file(files):
    key = "ab" * 16
    (files.root / key[:2] / key[2:4] / key).mkdir(parents=True)
    with pytest.raises(Refused):
        files.path(key)


def test_a_full_disk_leaves_nothing_behind(files, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("backend.gateways.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.put(b"x" * 1000, ".jpg")
    assert [path for path in files.root.rglob("*") if path.is_file()] == []
