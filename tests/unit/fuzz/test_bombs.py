"""Small things that would grow: refused before they do."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from agentmesh.messages.payloads import parse_payload
from agentmesh.messages.strict_json import read_json
from tests.support.hostile import JSON_BOMBS, LARGE_JSON, MSGPACK_BOMBS, refusal
from tests.unit.fuzz.doors import DOORS, JSON_KINDS

# A tenth is the goal; a bomb that goes off takes minutes, and a loaded machine may take its time.
MAX_SECONDS = 2.0
MAX_BYTES = 32 * 1024 * 1024


def defused(read: Callable[[bytes], object], bomb: bytes) -> str:
    """Return the code a bomb is refused with, having looked at what it cost."""
    begin = time.thread_time()
    code = refusal(read, bomb)
    assert time.thread_time() - begin <= MAX_SECONDS
    tracemalloc.start()
    try:
        refusal(read, bomb)
        assert tracemalloc.get_traced_memory()[1] <= MAX_BYTES
    finally:
        tracemalloc.stop()
    return code


@pytest.mark.parametrize("bomb", MSGPACK_BOMBS.values(), ids=MSGPACK_BOMBS)
def test_messagepack_that_grows_is_refused_at_every_door(bomb: bytes) -> None:
    for name, door in DOORS.items():
        assert defused(door.read, bomb), name


@pytest.mark.parametrize("bomb", MSGPACK_BOMBS.values(), ids=MSGPACK_BOMBS)
def test_a_field_that_grows_is_refused_at_every_door(bomb: bytes) -> None:
    for name, door in DOORS.items():
        for good in door.good:
            # The name of the first field stays, and what follows is the bomb.
            start = 2 + (good[1] & 0x1F) if good[0] & 0xF0 == 0x80 else 1
            assert defused(door.read, good[:start] + bomb), name


@pytest.mark.parametrize("bomb", JSON_BOMBS.values(), ids=JSON_BOMBS)
def test_json_that_grows_or_reads_two_ways_is_refused(bomb: bytes) -> None:
    assert defused(read_json, bomb) in {"json_too_large", "json_malformed", "json_ambiguous"}
    for kind in JSON_KINDS:
        assert defused(lambda data, kind=kind: parse_payload(kind, data), bomb)  # type: ignore[misc]


@pytest.mark.parametrize("text", LARGE_JSON.values(), ids=LARGE_JSON)
def test_large_json_is_read_at_no_great_cost(text: bytes) -> None:
    assert defused(read_json, text) == ""
