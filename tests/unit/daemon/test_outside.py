"""What others say of the time reaches the daemon's clock."""

from pathlib import Path

from agentmesh.daemon.config import Config, Settings
from agentmesh.daemon.outside import World, services_of
from agentmesh.observability.steady_clock import SteadyClock
from agentmesh.storage.home import prepare
from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.stores import VolatileStore
from tests.support.world import FakeClock, FakeEntropy


def test_the_daemons_clock_hears_relays_and_the_registry(tmp_path: Path) -> None:
    prepare(tmp_path)
    machine = FakeClock()
    world = World(clock=SteadyClock(machine, machine.monotonic), entropy=FakeEntropy())
    keys = KeyFiles(tmp_path / "keys", Means(clock=world.clock, entropy=world.entropy))
    services = services_of(
        Config(home=tmp_path, settings=Settings()), keys.ensure("file"), world, VolatileStore()
    )
    for heard in (services.caller.heard, services.registry._wire.heard):
        before = world.clock.now()
        machine.jump(86400)
        assert world.clock.now() == before
        heard(machine.now())
        assert world.clock.now() == machine.now()
