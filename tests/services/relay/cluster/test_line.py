from collections.abc import AsyncIterator

import pytest
from agentmesh_relay.cluster.line import DRAIN_BYTES, Heard, Line, Said

from tests.support.nats_server import NatsServer
from tests.support.patience import until


@pytest.fixture
async def line(nats: NatsServer) -> AsyncIterator[Line]:
    line = Line()
    await line.connect(nats.url, allow_reconnect=False)
    yield line
    await line.close()


@pytest.mark.parametrize(
    ("said", "encoded"),
    [
        (Said("news", b"one"), b"PUB news  3\r\none\r\n"),
        (Said("news", b"", "back"), b"PUB news back 0\r\n\r\n"),
        (
            Said("news", b"one", headers={"Row": "7"}),
            b"HPUB news  20 23\r\nNATS/1.0\r\nRow: 7\r\n\r\none\r\n",
        ),
    ],
)
def test_what_is_said_is_written_as_nats_reads_it(said: Said, encoded: bytes) -> None:
    assert said.encoded() == encoded


async def test_what_is_written_is_heard_as_it_was_said(line: Line) -> None:
    heard: list[Heard] = []
    await line.hear("news", heard.append)
    await line.flush()
    line.write(Said("news", b"\r\nPING\r\n", headers={"Row": "7"}).encoded())
    line.write(Said("news", b"two").encoded())
    await until(lambda: len(heard) == 2)
    assert heard == [
        Heard("news", b"\r\nPING\r\n", {"Row": "7"}),
        Heard("news", b"two", {}),
    ]


async def test_after_much_it_has_to_be_drained(line: Line) -> None:
    much = Said("news", bytes(DRAIN_BYTES)).encoded()
    assert line.may_write
    line.write(much)
    assert not line.may_write
    await line.drain_written()
    assert line.may_write


async def test_on_a_lost_line_nothing_is_written(nats: NatsServer, line: Line) -> None:
    nats.kill()
    await until(lambda: line.is_closed)
    line.write(Said("news", b"one").encoded())
    await line.drain_written()
