from pathlib import Path

import msgspec
import pytest
from agentmesh_relay.ledger import Ledger, Page
from agentmesh_relay.limits import MINUTE, Accounts, Kind, allowed

from agentmesh.protocol.ids import Amid
from tests.support.world import FakeClock

ALICE, BOB = Amid("alice"), Amid("bob")


def used_up(clock: FakeClock) -> Accounts:
    accounts = Accounts(allowed(10, 3, 1))
    assert accounts.take(ALICE, Kind.MESSAGE, 10, clock.monotonic()) == 0.0
    assert accounts.take(BOB, Kind.KNOCK, 1, clock.monotonic()) == 0.0
    return accounts


def after_a_restart(path: Path, clock: FakeClock) -> Accounts:
    accounts = Accounts(allowed(10, 3, 1))
    Ledger(path, accounts, clock).load()
    return accounts


async def test_a_restart_grants_nothing_again(tmp_path: Path) -> None:
    clock, path = FakeClock(), tmp_path / "limits"
    await Ledger(path, used_up(clock), clock).save()
    later = FakeClock(clock.now() + 6)  # its steady clock begins anew
    accounts = after_a_restart(path, later)
    assert accounts.take(ALICE, Kind.MESSAGE, 1, later.monotonic()) == 0.0
    assert accounts.take(ALICE, Kind.MESSAGE, 1, later.monotonic()) == pytest.approx(MINUTE / 10)
    assert accounts.take(ALICE, Kind.KNOCK, 3, later.monotonic()) == 0.0
    assert accounts.take(BOB, Kind.KNOCK, 3, later.monotonic()) > 0


@pytest.mark.parametrize("seconds", [-400 * 86400.0, 61.0, 400 * 86400.0])
async def test_a_clock_that_jumps_costs_nobody_more_than_a_minute(
    tmp_path: Path, seconds: float
) -> None:
    clock, path = FakeClock(), tmp_path / "limits"
    await Ledger(path, used_up(clock), clock).save()
    later = FakeClock(clock.now() + seconds)
    accounts = after_a_restart(path, later)
    later.advance(MINUTE)
    assert accounts.take(ALICE, Kind.MESSAGE, 10, later.monotonic()) == 0.0


@pytest.mark.parametrize(
    "found", [b"", b"\xc1", msgspec.msgpack.encode(Page(0.0, {ALICE: (1.0,), BOB: ()}))]
)
def test_what_cannot_be_read_is_forgotten(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "limits"
    path.write_bytes(found)
    assert len(after_a_restart(path, FakeClock())) == 0


async def test_a_disk_that_takes_nothing_is_no_reason_to_stop(tmp_path: Path) -> None:
    clock = FakeClock()
    await Ledger(tmp_path / "nowhere" / "limits", used_up(clock), clock).save()
