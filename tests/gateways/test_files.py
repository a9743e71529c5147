"""Files by random key: whole or absent, spread over folders, and never outside their own (T46, S6)."""

import errno
import os
import re
from datetime import UTC, datetime, timedelta

import pytest

from backend.gateways.files import FolderFiles, smaller
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


@pytest.mark.parametrize(("number", "raised"), [(errno.ENOSPC, Refused), (errno.EFBIG, Refused), (errno.EIO, Refused),
                                                (errno.EINVAL, OSError)])
def test_f22_a_full_disk_leaves_nothing_behind(files, monkeypatch, number, raised):
    def full(descriptor):
        raise OSError(number, "the disk says no")

    monkeypatch.setattr("backend.gateways.files.os.fsync", full)
    with pytest.raises(raised) as no:
        files.put(b"x" * 1000, ".jpg")
    assert getattr(no.value, "code", "file_not_kept") == "file_not_kept"
    assert [path for path in files.root.rglob("*") if path.is_file()] == []


def test_thumbnails_lie_beside_their_picture_and_go_with_it(files):
    key, other = files.put(b"picture", ".jpg"), files.put(b"other", ".jpg")
    files.put_smaller(key, 160, b"small")
    files.put_smaller(key, 160, b"smaller")
    assert files.path(smaller(key, 160)).read_bytes() == b"smaller"
    assert smaller(key, 160) == f"{key[:32]}-160.jpg" and smaller("0" * 32, 640) == "0" * 32 + "-640"
    files.remove(key)
    files.remove(key)
    assert [path.name for path in files.root.rglob("*") if path.is_file()] == [other]


@pytest.mark.parametrize("key", ["../secret.txt", "", "0" * 31, "*" * 32])
def test_nothing_else_is_removed_and_no_thumbnail_without_a_picture(files, key):
    for ask in (files.remove, lambda key: files.put_smaller(key, 160, b"x")):
        with pytest.raises(Refused):
            ask(key)
    with pytest.raises(Refused):
        files.put_smaller("0" * 32, 160, b"x")
    assert (files.root.parent / "secret.txt").read_text() == "secret"


def test_a_file_that_is_written_bit_by_bit_is_there_when_it_is_whole(files):
    with files.writing(".csv") as (key, file):
        file.write(b"a")
        assert not files._place(key).exists()
        file.write(b"b")
    assert files.path(key).read_bytes() == b"ab"
    with pytest.raises(ZeroDivisionError), files.writing(".csv") as (key, file):
        file.write(b"a")
        1 / 0  # noqa: B018
    assert len([path for path in files.root.rglob("*") if path.is_file()]) == 1


def test_a_thumbnail_is_shown_where_there_is_one(files):
    key, plain = files.put(b"picture", ".jpg"), files.put(b"plain", ".jpg")
    files.put_smaller(key, 160, b"small")
    assert [files.shown(*asked).read_bytes() for asked in ((key, 160), (key, 640), (key, None), (plain, 160))] == [
        b"small", b"picture", b"picture", b"plain"]
    for bad in ("../secret.txt", "0" * 32 + ".jpg"):
        with pytest.raises(Refused):
            files.shown(bad, 160)


def test_what_a_dead_writer_left_goes_with_its_key_or_after_a_day(files):
    key, other = files.put(b"x", ".part"), files.put(b"y", ".csv")
    begun = [files._place(each).with_name(f".{each}.part") for each in (key, other)]
    for path in begun:
        path.write_bytes(b"half")
    files.remove(key)
    assert not begun[0].exists() and begun[1].exists()
    assert files.remove_unfinished(datetime.now(UTC) - timedelta(days=1)) == 0
    os.utime(begun[1], (0, 0))
    assert files.remove_unfinished(datetime.now(UTC) - timedelta(days=1)) == 1
    assert [path.name for path in files.root.rglob("*") if path.is_file()] == [other]
