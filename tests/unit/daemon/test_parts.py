"""Parts start in order and stop in reverse, also when one of them cannot start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agentmesh.daemon.parts import running


def _part(name: str, diary: list[str], *, fails: bool = False) -> object:
    @asynccontextmanager
    async def part() -> AsyncIterator[None]:
        if fails:
            raise OSError(name)
        diary.append(f"{name} up")
        try:
            yield
        finally:
            diary.append(f"{name} down")

    return part()


async def test_parts_stop_in_reverse() -> None:
    diary: list[str] = []
    async with running([_part("one", diary), _part("two", diary)]):  # type: ignore[list-item]
        assert diary == ["one up", "two up"]
    assert diary[2:] == ["two down", "one down"]


async def test_what_had_started_is_rolled_back() -> None:
    diary: list[str] = []
    parts = [_part("one", diary), _part("two", diary, fails=True), _part("three", diary)]
    with pytest.raises(OSError, match="two"):
        async with running(parts):  # type: ignore[arg-type]
            raise AssertionError("not reached")
    assert diary == ["one up", "one down"]
