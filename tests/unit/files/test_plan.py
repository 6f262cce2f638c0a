import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.files.plan import Plan
from agentmesh.protocol.limits import FILE_CHUNK_BYTES, MAX_FILE_BYTES


@given(st.integers(0, 20 * FILE_CHUNK_BYTES))
def test_chunks_lie_side_by_side_and_cover_the_file(size: int) -> None:
    plan, end = Plan(size), 0
    for index in range(plan.count):
        assert plan.offset(index) == end
        assert 0 < plan.length(index) <= FILE_CHUNK_BYTES
        end += plan.length(index)
    assert end == size


def test_an_empty_file_has_no_chunks() -> None:
    assert Plan(0).count == 0
    assert Plan(0).bytes_in(0, with_last=False) == 0


@pytest.mark.parametrize("index", [-1, 3, 2**31])
def test_there_are_no_other_chunks(index: int) -> None:
    with pytest.raises(RemoteProtocolError, match="chunk_out_of_range"):
        Plan(2 * FILE_CHUNK_BYTES + 1).length(index)


def test_bytes_are_counted_with_the_short_chunk_at_the_end() -> None:
    plan = Plan(2 * FILE_CHUNK_BYTES + 7)
    assert plan.bytes_in(2, with_last=False) == 2 * FILE_CHUNK_BYTES
    assert plan.bytes_in(2, with_last=True) == FILE_CHUNK_BYTES + 7
    assert plan.bytes_in(3, with_last=True) == plan.size


def test_the_largest_file_has_chunks_that_can_be_counted() -> None:
    assert Plan(MAX_FILE_BYTES).count < 2**31
