"""What every route works with."""

from agentmesh_registry.config import Config, Rates
from agentmesh_registry.desk import Desk, Gates, Keys
from agentmesh_registry.log_key import HeadSigner
from agentmesh_registry.storage.database import Database
from nacl.signing import SigningKey

from tests.support.world import FakeClock


def test_every_rate_has_its_gate() -> None:
    gates = Gates(Rates(**dict.fromkeys(Rates.__struct_fields__, 1)), FakeClock())
    for name in Rates.__struct_fields__:
        gate = getattr(gates, name)
        assert gate.wait("a") == 0
        assert gate.wait("a") > 0


async def test_its_time_is_the_clocks(database: Database) -> None:
    clock = FakeClock(12.5)
    signer = HeadSigner(SigningKey(b"l" * 32), clock)
    keys = Keys(signer, None)
    assert Desk(Config(database=""), database, keys, ("http://a",)).now() == 12_500
