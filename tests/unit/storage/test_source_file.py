import hashlib
import os
from pathlib import Path

import pytest

from agentmesh.errors import IntegrityError, TransportError, UsageError
from agentmesh.files import tree
from agentmesh.protocol.limits import FILE_CHUNK_BYTES, MAX_FILE_BYTES
from agentmesh.storage.home import prepare
from agentmesh.storage.source_file import SourceFile


@pytest.fixture
def home(tmp_path: Path) -> Path:
    prepare(tmp_path / "home")
    return tmp_path / "home"


def written(path: Path, data: bytes = b"words") -> Path:
    path.write_bytes(data)
    return path


def refusal(path: Path, home: Path) -> str:
    with pytest.raises(UsageError) as caught:
        SourceFile.open(path, home)
    return caught.value.code


def test_a_file_is_read_in_chunks_and_hashed(tmp_path: Path, home: Path) -> None:
    data = bytes(FILE_CHUNK_BYTES) + b"end"
    with SourceFile.open(written(tmp_path / "a", data), home) as source:
        assert source.mark.size == len(data)
        assert source.read(1) == b"end"
        leaves = [tree.leaf(data[:FILE_CHUNK_BYTES]), tree.leaf(b"end")]
        assert source.root(lambda: True) == tree.root(leaves)


def test_a_long_file_has_the_same_hash_as_its_chunks_in_their_order(
    tmp_path: Path, home: Path
) -> None:
    chunks = [bytes([number]) * FILE_CHUNK_BYTES for number in range(100)]
    with SourceFile.open(written(tmp_path / "a", b"".join(chunks)), home) as source:
        assert source.root(lambda: True) == tree.root(tree.leaf(chunk) for chunk in chunks)


def test_an_empty_file_is_a_file(tmp_path: Path, home: Path) -> None:
    with SourceFile.open(written(tmp_path / "a", b""), home) as source:
        assert source.root(lambda: True) == hashlib.sha256().digest()


def test_what_is_no_file_is_refused(tmp_path: Path, home: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(written(tmp_path / "a"))
    assert refusal(tmp_path, home) == "not_a_file"
    assert refusal(tmp_path / "pipe", home) == "not_a_file"
    assert refusal(Path(os.devnull), home) == "not_a_file"
    assert refusal(tmp_path / "link", home) == "file_is_link"
    assert refusal(tmp_path / "none", home) == "file_not_found"
    assert refusal(tmp_path / "a" / "b", home) == "file_unreadable"
    assert refusal(tmp_path / ("x" * 300), home) == "file_unreadable"


def test_a_larger_one_than_can_be_offered_is_refused(tmp_path: Path, home: Path) -> None:
    path = written(tmp_path / "a")
    try:
        os.truncate(path, MAX_FILE_BYTES + 1)
    except OSError:
        pytest.skip("no file of this size here")
    assert refusal(path, home) == "file_too_large"


def test_nothing_of_our_own_leaves(tmp_path: Path, home: Path) -> None:
    key = written(home / "keys" / "identity.json")
    assert refusal(key, home) == "file_is_ours"
    assert refusal(written(home / "agentmesh.db"), home) == "file_is_ours"
    assert refusal(written(home / "files" / "arriving" / "x.part"), home) == "file_is_ours"
    (tmp_path / "way").symlink_to(home / "keys")
    assert refusal(tmp_path / "way" / "identity.json", home) == "file_is_ours"
    os.link(key, tmp_path / "innocent.txt")
    assert refusal(tmp_path / "innocent.txt", home) == "file_is_ours"


def test_what_came_may_be_passed_on(home: Path) -> None:
    SourceFile.open(written(home / "files" / "quarantine" / "a.pdf"), home).close()


@pytest.mark.parametrize("change", [b"other", b"longer words", b""])
def test_a_file_that_was_changed_is_not_sent(tmp_path: Path, home: Path, change: bytes) -> None:
    path = written(tmp_path / "a")
    with SourceFile.open(path, home) as source:
        assert source.read(0) == b"words"
        path.write_bytes(change)
        os.utime(path, ns=(1, 1))
        with pytest.raises(IntegrityError, match="changed"):
            source.read(0)


def test_hashing_ends_when_nobody_wants_it(tmp_path: Path, home: Path) -> None:
    with (
        SourceFile.open(written(tmp_path / "a"), home) as source,
        pytest.raises(TransportError, match="reading_stopped"),
    ):
        source.root(lambda: False)
