"""A client lets a new identity take its place at a real registry, whatever gets lost."""

from pathlib import Path

import pytest

from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import Refused
from tests.support.asking import registry_at
from tests.support.registrant import DAY, Registrant
from tests.support.world import FakeClock, FakeEntropy

ALICE, NEW, OTHER = Registrant("alice"), Registrant("alice again"), Registrant("other")


async def test_the_same_statements_go_out_until_they_are_proved(tmp_path: Path) -> None:
    clock = FakeClock()
    statement, record = ALICE.revocation("superseded", NEW), NEW.record()
    async with registry_at(f"sqlite:///{tmp_path}/registry.db", clock) as registry:
        world = clock, FakeEntropy("client")
        async with RegistryDirectory(registry.url, ALICE, world, Memory()) as directory:
            await directory.register(ALICE.record())
            await directory.succeed(statement, record)
            await directory.succeed(statement, record)
            assert (await directory.lookup(NEW.amid)).signed == record
            with pytest.raises(Refused) as caught:
                await directory.succeed(ALICE.revocation("superseded", OTHER), OTHER.record())
            assert caught.value.code == "already_revoked"
            clock.advance(60 * DAY)  # the record has expired: what was taken was taken
            await directory.succeed(statement, record)


async def test_a_refusal_that_is_one_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    async with registry_at(f"sqlite:///{tmp_path}/registry.db", clock) as registry:
        world = clock, FakeEntropy("client")
        async with RegistryDirectory(registry.url, ALICE, world, Memory()) as directory:
            await directory.register(ALICE.record())
            await registry.register(OTHER)
            with pytest.raises(Refused) as caught:
                await directory.succeed(ALICE.revocation("superseded", OTHER), OTHER.record(2))
            assert caught.value.code == "successor_taken"
            assert (await directory.lookup(ALICE.amid)).signed == ALICE.record()
