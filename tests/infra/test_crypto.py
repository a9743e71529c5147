"""Field encryption: round trips, rotation, binding to the column, tampering, blind indexes and masks."""

import base64
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.infra.crypto import FieldCipher, Undecryptable, mask_address, mask_name, mask_phone, parse_keys

OLD, NEW, INDEX = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
CIPHER = FieldCipher(f"k1:{NEW},k0:{OLD}", INDEX)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(deadline=None)
@given(plain=TEXTS, column=TEXTS)
def test_what_is_encrypted_comes_back(plain, column):
    stored = CIPHER.encrypt(plain, column)
    assert CIPHER.decrypt(stored, column) == plain
    assert stored.startswith("k1.") and stored.isascii()
    assert stored != CIPHER.encrypt(plain, column), "a nonce was used twice"


def test_format_is_the_documented_one():
    key_id, body = CIPHER.encrypt("13800138000", "addresses.phone").split(".")
    blob = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    assert key_id == "k1" and "=" not in body
    assert AESGCM(bytes([2]) * 32).decrypt(blob[:12], blob[12:], b"addresses.phone") == b"13800138000"


def test_rotation_old_key_reads_new_key_writes():
    before = FieldCipher(f"k0:{OLD}", INDEX).encrypt("张三", "members.name")
    assert CIPHER.decrypt(before, "members.name") == "张三"
    assert CIPHER.needs_rotation(before)
    after = CIPHER.encrypt(CIPHER.decrypt(before, "members.name"), "members.name")
    assert after.startswith("k1.") and not CIPHER.needs_rotation(after)
    alone = FieldCipher(f"k1:{NEW}", INDEX)
    assert alone.decrypt(after, "members.name") == "张三"
    with pytest.raises(Undecryptable):
        alone.decrypt(before, "members.name")


def test_blind_index_survives_rotation_of_field_keys():
    assert CIPHER.blind_index("1", "p") == FieldCipher(f"k0:{OLD}", INDEX).blind_index("1", "p")


def test_values_cannot_be_swapped_between_columns():
    stored = CIPHER.encrypt("13800138000", "members.phone")
    with pytest.raises(Undecryptable):
        CIPHER.decrypt(stored, "addresses.phone")


def test_every_changed_bit_is_noticed():
    stored = CIPHER.encrypt("李四", "members.name")
    blob = base64.urlsafe_b64decode(stored[3:] + "=" * (-len(stored[3:]) % 4))
    for bit in range(len(blob) * 8):
        bad = bytearray(blob)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Undecryptable):
            CIPHER.decrypt("k1." + base64.urlsafe_b64encode(bad).rstrip(b"=").decode(), "members.name")


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_other_text_is_undecryptable_and_never_crashes(text):
    with pytest.raises(Undecryptable):
        CIPHER.decrypt(text, "members.name")
    with pytest.raises(Undecryptable):
        CIPHER.decrypt("k1." + text, "members.name")


@pytest.mark.parametrize("tail", ["", "=", "A", " ", "\n", "*"])
def test_only_one_spelling_opens(tail):
    stored = CIPHER.encrypt("x", "c")
    if tail == "":
        assert CIPHER.decrypt(stored, "c") == "x"
    else:
        with pytest.raises(Undecryptable):
            CIPHER.decrypt(stored + tail, "c")


def test_blind_index_separates_purposes_and_keys():
    index = CIPHER.blind_index("13800138000", "members.phone")
    assert index == CIPHER.blind_index("13800138000", "members.phone")
    assert len(index) == 64 and set(index) <= set("0123456789abcdef")
    assert index != CIPHER.blind_index("13800138001", "members.phone")
    assert index != CIPHER.blind_index("13800138000", "addresses.phone")
    assert CIPHER.blind_index("c", "ab") != CIPHER.blind_index("bc", "a")
    other = FieldCipher(f"k1:{NEW}", base64.b64encode(b"z" * 32).decode())
    assert index != other.blind_index("13800138000", "members.phone")


@pytest.mark.parametrize(
    "keys",
    ["", "k1", "k1:", f":{NEW}", f"K1:{NEW}", f"k.1:{NEW}", "k1:c2hvcnQ=", f"k1:{NEW}x", f"k1:{NEW},k1:{OLD}",
     f"k1:{NEW},k0:{NEW}", f"k1:{NEW},", f"k1:{base64.b64encode(b'1' * 33).decode()}"],
)  # fmt: skip
def test_wrong_field_keys_are_refused_without_showing_them(keys):
    with pytest.raises(ValueError) as caught:
        FieldCipher(keys, INDEX)
    assert NEW not in str(caught.value) and OLD not in str(caught.value)


def test_index_key_must_be_a_key_of_its_own():
    for index_key in ("", "short", NEW, OLD):
        with pytest.raises(ValueError):
            FieldCipher(f"k1:{NEW},k0:{OLD}", index_key)


def test_key_order_and_repr():
    assert list(parse_keys(f"k9:{NEW}, k0:{OLD}")) == ["k9", "k0"]
    assert repr(CIPHER) == "FieldCipher(keys=k1,k0)"


def test_works_on_both_sides_of_a_fork_with_different_nonces():
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(there, CIPHER.encrypt("x", "c").encode())
        os._exit(0)
    os.waitpid(child, 0)
    from_child = os.read(here, 1000).decode()
    os.close(here), os.close(there)
    assert CIPHER.decrypt(from_child, "c") == "x"
    assert from_child != CIPHER.encrypt("x", "c")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13812345678", "138****5678"), ("+8613812345678", "+86138****5678"), ("02161234567", "021****4567"),
     ("1234567", "****67"), ("12345", "****"), ("", "****")],
)  # fmt: skip
def test_mask_phone(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张**"), ("欧阳小明", "欧**"), ("李", "**"), ("", ""), (" 王 ", "**"), ("Ann Lee", "A**")],
)
def test_mask_name(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("detail", "shown"),
    [("文三路100号3栋502室", "文三路***"), ("100号", "***"), ("绿城花园九溪玫瑰园香樟苑东区", "绿城花园九溪***"),
     ("东街", "东***"), ("街", "***"), ("", "")],
)  # fmt: skip
def test_mask_address(detail, shown):
    assert mask_address(detail) == shown
