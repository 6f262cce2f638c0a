"""The authority's key is its owner's alone, or behind a program that proves itself."""

import sys
from pathlib import Path

import pytest
from agentmesh_registry.authority.key import make_key_file, open_key_file, open_program

from agentmesh.errors import AgentMeshError, StorageError, UsageError
from agentmesh.protocol.certificates.form import is_signature

SEED = b"s" * 32
PROGRAM = """
import sys
from nacl.signing import SigningKey
key = SigningKey(b"p" * 32)
if sys.argv[1] == "public-key":
    print(bytes(key.verify_key).hex())
else:
    print(key.sign(sys.stdin.buffer.read()).signature.hex())
"""


def test_a_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "authority-key"
    made = make_key_file(path, SEED)
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_signature(open_key_file(path).sign(b"word"), b"word", made.public)
    with pytest.raises(UsageError, match="exists already"):
        make_key_file(path, b"t" * 32)
    assert open_key_file(path).public == made.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "authority-key"
    make_key_file(path, SEED)
    path.chmod(mode)
    with pytest.raises(UsageError, match="not ours alone"):
        open_key_file(path)


@pytest.mark.parametrize("content", [b"", b"short", b"l" * 33])
def test_what_is_no_key_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "authority-key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="holds no key"):
        open_key_file(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    make_key_file(tmp_path / "real", SEED)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StorageError):
        open_key_file(tmp_path / "link")


def test_a_program_signs(tmp_path: Path) -> None:
    key = open_program(_program(tmp_path, PROGRAM))
    assert is_signature(key.sign(b"word"), b"word", key.public)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys; sys.exit(1)", "it ended with an error"),
        ("print('no hex')", "what it said is not in hex"),
        ("print('00')", "it said 1 bytes, not 32"),
        ("print('00' * 33)", "it said 33 bytes, not 32"),
    ],
)
def test_a_program_that_fails_is_said_so(tmp_path: Path, program: str, why: str) -> None:
    with pytest.raises(AgentMeshError) as caught:
        open_program(_program(tmp_path, program))
    assert caught.value.code == "authority_unreachable"
    assert caught.value.message.endswith(f": {why}.")


def test_a_program_that_is_not_there_or_none_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no such program"):
        open_program(["/no/such/program"])
    with pytest.raises(StorageError, match="it cannot be run"):
        open_program([str(tmp_path)])


def test_a_signature_that_is_not_by_its_key_is_not_used(tmp_path: Path) -> None:
    key = open_program(
        _program(tmp_path, PROGRAM.replace("stdin.buffer.read()", "argv[0].encode()"))
    )
    with pytest.raises(StorageError, match="not by its key"):
        key.sign(b"word")


def _program(folder: Path, text: str) -> list[str]:
    path = folder / "program.py"
    path.write_text(text)
    return [sys.executable, str(path)]
