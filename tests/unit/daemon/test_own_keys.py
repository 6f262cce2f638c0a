"""What a daemon begins with is made once, and signed anew only when it says something else."""

from pathlib import Path

from agentmesh.crypto.suites import offered
from agentmesh.daemon.own_keys import newest_exchange_key, our_suites
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.storage.home import prepare
from agentmesh.storage.key_files import KeyFiles, Means, OpenKeys
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock, FakeEntropy

CLOCK, ENTROPY = FakeClock(), FakeEntropy("ada")


def keys_in(home: Path) -> OpenKeys:
    prepare(home)
    return KeyFiles(home / "keys", Means(clock=CLOCK, entropy=ENTROPY)).ensure("file")


def said(signed: Signed) -> SuiteList:
    return read(signed, SuiteList, Purpose.SUITES)


async def test_the_exchange_key_is_the_newest_that_is_kept(tmp_path: Path) -> None:
    store, keys = VolatileStore(), keys_in(tmp_path)
    first = await newest_exchange_key(keys, store, CLOCK, ENTROPY)
    assert await newest_exchange_key(keys, store, CLOCK, ENTROPY) == first
    assert first.private == keys.first_exchange.reveal()  # type: ignore[union-attr]


async def test_a_list_of_suites_is_signed_again_with_a_higher_number_when_it_changes(
    tmp_path: Path,
) -> None:
    store, keys = VolatileStore(), keys_in(tmp_path)
    first = await our_suites((), keys, store, CLOCK)
    assert said(first).suites == offered(())
    assert await our_suites((), keys, store, CLOCK) == first
    other = await our_suites(("pqxdh-dr.v1",), keys, store, CLOCK)
    assert said(other).suites == ("pqxdh-dr.v1",)
    assert (said(other).sequence > said(first).sequence) or other == first
