from collections.abc import Iterator

import pytest

from tests.support.nats_server import NatsServer, nats_server
from tests.support.nodes import Air, Node
from tests.support.world import FakeClock


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def east(air: Air, clock: FakeClock) -> Node:
    return Node(air, "east", clock)


@pytest.fixture
def west(air: Air, clock: FakeClock) -> Node:
    return Node(air, "west", clock)
