"""The data folder: only ours is used, only ours is removed, one `up` at a time, nothing in it for others to read."""

import errno
import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from backend.commands import _secrets, up
from backend.commands._folder import Folder, Refused, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_made_private_and_marked_and_a_second_claim_is_fine(folder: Folder) -> None:
    folder.claim()
    assert mode(folder.root) == 0o700
    assert folder.mark.exists()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Refused, match="holds files that are not Tuanma's"):
        Folder(tmp_path).claim()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_written_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(
        Refused, match=r"cannot be written \(Read-only file system\): name another one with --data DIR\.$"
    ):
        Folder(tmp_path / "shop").claim()


def test_a_held_folder_is_running_and_refused_to_a_second_holder(folder: Folder) -> None:
    assert not folder.is_running()
    with folder.held():
        assert folder.is_running()
        with pytest.raises(Refused, match="A shop is running on"), Folder(folder.root).held():
            pytest.fail("two holders")
    assert not folder.is_running()


def test_clear_removes_our_data_and_leaves_backups_notes_and_what_links_point_to(
    folder: Folder, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").touch()
    _secrets.ensure(folder)
    folder.database.write_text("rows")
    (folder.root / "backups").mkdir()
    (folder.root / "note.txt").write_text("mine")
    folder.files.symlink_to(outside)
    assert folder.clear() == ["note.txt"]
    assert sorted(path.name for path in folder.root.iterdir()) == [".tuanma", "backups", "note.txt", "up.lock"]
    assert (outside / "keep").exists()


def test_fresh_refuses_to_throw_away_the_keys_of_a_database_server(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _secrets.ensure(folder)
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/shop")
    with pytest.raises(Refused, match="--fresh would remove the keys"):
        up.begin_anew(folder)
    assert folder.secrets.exists()


def test_write_private_replaces_the_whole_file_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "first")
    write_private(path, "second")
    assert (path.read_text(), mode(path)) == ("second", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_drawn_once_strong_and_private(folder: Folder) -> None:
    drawn = _secrets.ensure(folder)
    assert _secrets.ensure(folder) == drawn
    assert mode(folder.secrets) == 0o600
    assert mode(folder.keys) == 0o700
    assert {mode(path) for path in folder.keys.iterdir()} == {0o600}
    assert len(b64decode(drawn["TUANMA_FIELD_KEYS"].removeprefix("k1:"))) == 32
    assert len(b64decode(drawn["TUANMA_INDEX_KEY"])) == 32
    assert len(drawn["TUANMA_PAY_API_V3_KEY"]) == 32
    assert len(drawn["TUANMA_PAY_SERIAL"]) == 40
    assert len(drawn["TUANMA_SECRET_KEY"]) >= 48
    assert len(set(drawn.values())) == len(drawn)


def test_two_shops_share_no_secret(tmp_path: Path) -> None:
    shops = [Folder(tmp_path / name) for name in ("one", "two")]
    for shop in shops:
        shop.claim()
    one, two = (_secrets.ensure(shop) for shop in shops)
    assert [name for name in one if one[name] == two[name]] == []


def test_data_without_their_secrets_are_refused_instead_of_being_made_unreadable(folder: Folder) -> None:
    folder.database.write_text("rows")
    with pytest.raises(Refused, match="bring it back from a backup"):
        _secrets.ensure(folder)
    assert not folder.secrets.exists()


def test_an_interrupted_first_start_draws_again(folder: Folder) -> None:
    folder.keys.mkdir()
    (folder.keys / "merchant_private.pem").write_text("half a k")
    _secrets.ensure(folder)
    assert load_pem_private_key((folder.keys / "merchant_private.pem").read_bytes(), None)


def test_shop_and_stand_in_hold_the_two_sides_of_the_same_keys(folder: Folder) -> None:
    drawn = _secrets.ensure(folder)
    ours = _secrets.environment(folder, drawn)
    theirs = json.loads(_secrets.wxsim_config(folder, drawn, "http://127.0.0.1:8000"))
    merchant = load_pem_private_key(Path(ours["TUANMA_PAY_PRIVATE_KEY_FILE"]).read_bytes(), None)
    assert merchant.public_key() == load_pem_public_key(theirs["merchant_public_key"].encode())
    key_id, _, path = ours["TUANMA_PAY_PUBLIC_KEYS"].partition("=")
    platform = load_pem_private_key(theirs["platform_private_key"].encode(), None)
    assert platform.public_key() == load_pem_public_key(Path(path).read_bytes())
    assert key_id == theirs["platform_public_key_id"]
    assert ours["TUANMA_CLOCK"] == f"file:{theirs['clock_file']}"
    assert ours["TUANMA_ENV"] == "development"
