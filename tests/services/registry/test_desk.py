"""What every route works with."""

from agentmesh_registry.config import Config, Rates
from agentmesh_registry.desk import Desk, Gates
from agentmesh_registry.storage.database import Database

from tests.support.world import FakeClock


def test_every_rate_has_its_gate() -> None:
    gates = Gates(Rates(**dict.fromkeys(Rates.__struct_fields__, 1)), FakeClock())
    for name in Rates.__struct_fields__:
        gate = getattr(gates, name)
        assert gate.wait("a") == 0
        assert gate.wait("a") > 0


async def test_its_time_is_the_clocks(database: Database) -> None:
    clock = FakeClock(12.5)
    assert Desk(Config(database=""), database, clock, ("http://a",)).now() == 12_500
