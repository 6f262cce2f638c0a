import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import StorageError
from agentmesh.files import tree
from agentmesh.files.plan import Plan
from agentmesh.protocol.limits import FILE_CHUNK_BYTES
from agentmesh.storage.part_file import PartFile

PLAN = Plan(3 * FILE_CHUNK_BYTES + 5)
CHUNKS = [bytes([n]) * PLAN.length(n) for n in range(PLAN.count)]
ROOT = tree.root(map(tree.leaf, CHUNKS))


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    part = PartFile(tmp_path, "f", PLAN)
    yield part
    part.close()


def again(tmp_path: Path) -> PartFile:
    """Open the file as after a crash."""
    return PartFile(tmp_path, "f", PLAN)


def test_chunks_come_in_any_order(part: PartFile) -> None:
    for index in (3, 0, 2, 1):
        part.write(index, CHUNKS[index])
    assert part.unsafe == 4
    part.make_safe(part.take_unsafe())
    assert part.unsafe == 0
    assert part.path.read_bytes() == b"".join(CHUNKS)
    assert part.root() == ROOT


def test_after_a_crash_there_is_what_was_made_safe(part: PartFile, tmp_path: Path) -> None:
    part.write(2, CHUNKS[2])
    part.write(3, CHUNKS[3])
    part.make_safe(part.take_unsafe())
    part.write(0, CHUNKS[0])
    later = again(tmp_path)
    assert list(later.there) == [(2, 4)]
    later.close()


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(0, 8))
def test_what_is_there_is_what_was_written_before_the_last_sync(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], synced: int
) -> None:
    folder = tmp_path_factory.mktemp("part")
    part = PartFile(folder, "f", PLAN)
    for index in order[:synced]:
        part.write(index, CHUNKS[index])
    part.make_safe(part.take_unsafe())
    for index in order[synced:]:
        part.write(index, CHUNKS[index])
    part.close()
    later = PartFile(folder, "f", PLAN)
    assert {n for n in range(4) if n in later.there} == set(order[:synced])
    later.close()


def test_nobody_else_may_read_it_and_nobody_may_run_it(part: PartFile, tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert part.unsafe == 0


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "f.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        again(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_torn_hash_is_found_and_its_chunk_wanted_again(part: PartFile, tmp_path: Path) -> None:
    for index, chunk in enumerate(CHUNKS):
        part.write(index, chunk)
    part.make_safe(part.take_unsafe())
    with (tmp_path / "f.leaves").open("r+b") as leaves:
        leaves.seek(2 * tree.LEAF_BYTES + 7)
        leaves.write(b"torn")
    assert part.root() != ROOT
    part.recheck()
    assert list(part.there) == [(0, 2), (3, 4)]
    part.write(2, CHUNKS[2])
    part.make_safe(part.take_unsafe())
    assert part.root() == ROOT


def test_an_empty_file_is_whole_at_once(tmp_path: Path) -> None:
    part = PartFile(tmp_path, "empty", Plan(0))
    part.make_safe(part.take_unsafe())
    assert part.root() == tree.root([])
    part.close()


def test_a_disk_that_says_no_is_told_and_nothing_counts_as_safe(tmp_path: Path) -> None:
    part = PartFile(tmp_path, "f", PLAN)
    part.write(0, CHUNKS[0])
    os.close(part._data)
    with pytest.raises(StorageError):
        part.write(1, CHUNKS[1])
    leaves = part.take_unsafe()
    assert part.unsafe == 0
    with pytest.raises(StorageError):
        part.make_safe(leaves)
    part.give_back(leaves)
    assert part.unsafe == 1
    assert (tmp_path / "f.leaves").read_bytes() == b""
    os.close(part._leaves)
