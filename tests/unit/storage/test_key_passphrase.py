"""A passphrase that is handed in."""

import os
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.storage.key_passphrase import CREDENTIAL, given_passphrase, passphrase


def descriptor(data: bytes) -> str:
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return str(reader)


def test_nothing_handed_in_is_no_passphrase(tmp_path: Path) -> None:
    assert given_passphrase({}) is None
    assert given_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None


def test_a_descriptor_is_read_once_and_closed() -> None:
    number = descriptor(b"correct horse\n")
    assert given_passphrase({"AGENTMESH_PASSPHRASE_FD": number}) == Secret(b"correct horse")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(int(number))


def test_a_credential_is_read(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_bytes(b"correct horse\r\n")
    found = given_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found == Secret(b"correct horse")


def test_a_descriptor_comes_before_a_credential(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_bytes(b"credential")
    environment = {
        "AGENTMESH_PASSPHRASE_FD": descriptor(b"descriptor"),
        "CREDENTIALS_DIRECTORY": str(tmp_path),
    }
    assert given_passphrase(environment) == Secret(b"descriptor")


@pytest.mark.parametrize("number", ["", "nine", "-1", "99999"])
def test_a_descriptor_that_is_none_is_named(number: str) -> None:
    with pytest.raises(UsageError) as caught:
        given_passphrase({"AGENTMESH_PASSPHRASE_FD": number})
    assert caught.value.code == "passphrase_unreadable"


def test_a_credential_that_cannot_be_read_is_no_missing_one(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).mkdir()
    with pytest.raises(UsageError) as caught:
        given_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert caught.value.code == "passphrase_unreadable"


def test_two_keyboards_type_the_same_passphrase() -> None:
    assert passphrase("Gr\u00fc\u00dfe".encode()) == passphrase("Gru\u0308\u00dfe".encode())


def test_random_bytes_are_a_passphrase() -> None:
    assert passphrase(b"\xff\xfe\x80") == Secret(b"\xff\xfe\x80")


@pytest.mark.parametrize(
    ("typed", "code"),
    [(b"", "passphrase_empty"), (b"\n", "passphrase_empty"), (b"a" * 1025, "passphrase_too_long")],
)
def test_a_passphrase_has_its_bounds(typed: bytes, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        passphrase(typed)
    assert caught.value.code == code
