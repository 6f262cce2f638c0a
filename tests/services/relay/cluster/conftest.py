from collections.abc import Iterator

import pytest

from tests.support.nats_server import NatsServer, nats_server


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server
