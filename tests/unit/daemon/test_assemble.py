"""All rooms of a daemon together: they start, answer and stop, also with nobody out there."""

from pathlib import Path

from agentmesh.daemon.assemble import assembled
from agentmesh.daemon.config import Config, Settings
from agentmesh.daemon.outside import World
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.observability.steady_clock import SteadyClock
from agentmesh.storage.home import prepare
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from tests.support.world import FakeClock, FakeEntropy

NOWHERE = Settings(relay="ws://127.0.0.1:9", registry="http://127.0.0.1:9", name="Ada")


def _keys(home: Path, world: World) -> OpenKeys:
    prepare(home)
    means = Means(clock=world.clock, entropy=world.entropy)
    return KeyFiles(home / "keys", means).ensure("file")


def _world(name: str) -> World:
    return World(clock=SteadyClock(FakeClock(), FakeClock().monotonic), entropy=FakeEntropy(name))


async def test_a_daemon_starts_and_stops_with_nobody_out_there(tmp_path: Path) -> None:
    world = _world("ada")
    keys = _keys(tmp_path, world)
    async with assembled(Config(home=tmp_path, settings=NOWHERE), keys, world) as rooms:
        assert rooms.hand.keys.ring.identity.amid == keys.identity.amid
        assert rooms.transport.status().state != "connected"
        assert rooms.errands._runners.keys() >= {"resolve", "knock", "message", "ask_policy"}


async def test_a_registry_that_answers_again_is_asked_what_it_did_not_answer(
    tmp_path: Path,
) -> None:
    world = _world("ada")
    keys = _keys(tmp_path, world)
    async with assembled(Config(home=tmp_path, settings=NOWHERE), keys, world) as rooms:
        (registry,) = rooms.directory._directories
        assert isinstance(registry, RegistryDirectory)
        assert registry._wire.reached == rooms.errands.registry_is_there


async def test_keys_and_suites_are_the_same_after_a_restart(tmp_path: Path) -> None:
    rings = []
    for start in ("first", "second"):
        world = _world(start)
        keys = _keys(tmp_path, world)
        async with assembled(Config(home=tmp_path, settings=NOWHERE), keys, world) as rooms:
            rings.append(rooms.hand.keys.ring)
    assert rings[0].identity.amid == rings[1].identity.amid
    assert rings[0].exchange_key == rings[1].exchange_key
    assert rings[0].suites == rings[1].suites


async def test_a_stopped_agent_stays_offline_after_a_restart(tmp_path: Path) -> None:
    for start in ("first", "second"):
        world = _world(start)
        keys = _keys(tmp_path, world)
        async with assembled(Config(home=tmp_path, settings=NOWHERE), keys, world) as rooms:
            assert rooms.hand.switches.stopped is (start == "second")
            await rooms.breakers.shutdown()
            assert start == "first" or rooms.transport._current is None
