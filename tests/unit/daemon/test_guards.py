"""The guards of a daemon: what an emergency stop cuts, and what it sets free again."""

from pathlib import Path

import pytest

from agentmesh.errors import TransportError
from tests.support.guarded import guarded


async def test_every_way_out_is_cut_and_free_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as both:
        directory = both.us.peers._directory
        await both.guards.stop.stop("call")
        assert both.us.errands._is_held
        assert both.transport._current is None
        with pytest.raises(TransportError):
            await directory.lookup(both.peer.amid)
        await both.guards.stop.lift()
        await both.transport.switch(is_on=True)
        assert not both.us.errands._is_held
        assert (await directory.lookup(both.peer.amid)).amid == both.peer.amid
