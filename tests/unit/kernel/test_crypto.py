"""Personal data at rest: round trip, ciphertexts that were moved or altered, blind indexes, the keys themselves."""

from __future__ import annotations

import uuid

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.identity.models import User
from app.kernel import crypto
from app.kernel.crypto import KeyFault, blind_index, seal, unseal
from app.workflow.models import ProcessInstance

PLACE = "customer.name_cipher:1"
pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(autouse=True)
def former_keys():
    before = crypto._ring
    yield
    crypto._ring = before


@pytest.fixture
def keys(former_keys) -> None:
    crypto.use(crypto.Keyring(data={1: AESGCM(b"a" * 32), 2: AESGCM(b"b" * 32)}, newest=2, index=b"i" * 32))


@pytest.mark.parametrize("plain", [b"", "李明".encode(), b"\0" * 3, b"x" * 100_000])
def test_what_was_sealed_can_be_read_again(plain: bytes) -> None:
    assert unseal(seal(plain, PLACE), PLACE) == plain


def test_the_same_text_never_looks_the_same_twice() -> None:
    assert seal(b"same", PLACE) != seal(b"same", PLACE)


@pytest.mark.parametrize("place", ["customer.name_cipher:2", "customer.phone_cipher:1", "", "customer.name_cipher:1 "])
def test_a_ciphertext_moved_to_another_row_or_column_is_refused(place: str) -> None:
    with pytest.raises(KeyFault, match="altered or moved"):
        unseal(seal(b"secret", PLACE), place)


@given(st.integers(3, 44), st.integers(1, 255))
def test_an_altered_ciphertext_is_refused(where: int, by: int) -> None:
    crypto.use(crypto.Keyring(data={1: AESGCM(b"a" * 32)}, newest=1, index=b"i" * 32))
    envelope = bytearray(seal(b"fourteen bytes", PLACE))
    envelope[where] ^= by
    with pytest.raises(KeyFault):
        unseal(bytes(envelope), PLACE)


@pytest.mark.parametrize("envelope", [b"", b"\x01", b"\x01\x00\x02", b"\x01\x00\x02" + b"n" * 12, b"\x02" + b"x" * 60])
def test_what_is_no_envelope_is_a_key_fault_and_no_crash(envelope: bytes) -> None:
    with pytest.raises(KeyFault):
        unseal(envelope, PLACE)


def test_old_keys_still_read_what_they_wrote_and_the_newest_writes() -> None:
    both = crypto.ring()
    crypto.use(crypto.Keyring(data={1: both.data[1]}, newest=1, index=both.index))
    old = seal(b"old", PLACE)
    crypto.use(both)
    assert unseal(old, PLACE) == b"old"
    assert int.from_bytes(seal(b"new", PLACE)[1:3]) == 2


def test_a_key_that_is_gone_is_named_as_the_reason() -> None:
    old = seal(b"old", PLACE)
    crypto.use(crypto.Keyring(data={1: AESGCM(b"a" * 32)}, newest=1, index=b"i" * 32))
    with pytest.raises(KeyFault, match="not here"):
        unseal(old, PLACE)


@pytest.mark.parametrize(("one", "two"), [("李 明", "李明"), ("ａｃｍｅ", "ACME"), ("  x1 ", "X1")])
def test_a_blind_index_finds_the_same_name_written_differently(one: str, two: str) -> None:
    assert blind_index(one, "party") == blind_index(two, "party")


def test_a_blind_index_tells_nothing_across_purposes_keys_and_names() -> None:
    here = blind_index("李明", "party")
    assert len(here) == 16
    assert here != blind_index("李明", "phone")
    assert here != blind_index("李明明", "party")
    crypto.use(crypto.Keyring(data={1: AESGCM(b"a" * 32)}, newest=1, index=b"j" * 32))
    assert here != blind_index("李明", "party")


def test_fields_of_a_row_are_bound_to_the_row() -> None:
    one, two = ProcessInstance(id=uuid.uuid4()), ProcessInstance(id=uuid.uuid4())
    one.title, one.data = "李明", {"amount": "1", "names": ["王"]}
    assert (one.title, one.data) == ("李明", {"amount": "1", "names": ["王"]})
    assert "李明".encode() not in one.title_cipher
    two.title_cipher = one.title_cipher
    with pytest.raises(KeyFault):
        _ = two.title


def test_nothing_is_nothing() -> None:
    row = ProcessInstance(id=uuid.uuid4())
    row.title = "x"
    row.title = None
    assert (row.title, row.title_cipher) == (None, None)


def test_a_field_can_not_be_sealed_for_a_row_that_has_no_id_yet() -> None:
    with pytest.raises(ValueError, match="has its id"):
        User(username="new").phone = "13800138000"


def test_the_master_key_is_made_once_and_for_its_owner_only(tmp_path) -> None:
    key = crypto.master_key(tmp_path / "keys")
    path = tmp_path / "keys" / "master.key"
    assert len(key) == 32
    assert crypto.master_key(tmp_path / "keys") == key
    assert path.stat().st_mode & 0o077 == 0


def test_a_master_key_of_the_wrong_length_is_refused(tmp_path) -> None:
    (tmp_path / "master.key").write_bytes(b"short")
    with pytest.raises(KeyFault, match="32 bytes"):
        crypto.master_key(tmp_path)


def test_a_data_key_opens_with_its_own_master_and_purpose_only() -> None:
    wrapped = crypto.wrap(b"m" * 32, b"d" * 32, "data")
    assert crypto.unwrap(b"m" * 32, wrapped, "data") == b"d" * 32
    for master, purpose in ((b"n" * 32, "data"), (b"m" * 32, "index")):
        with pytest.raises(KeyFault, match="master key"):
            crypto.unwrap(master, wrapped, purpose)


def test_without_keys_nothing_is_sealed() -> None:
    crypto._ring = None
    with pytest.raises(KeyFault):
        seal(b"x", PLACE)
