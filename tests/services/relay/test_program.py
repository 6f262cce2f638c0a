"""The program as people start it: its exit codes, and what a power cut leaves."""

import signal
import sys
from pathlib import Path

import pytest

from agentmesh.protocol.relay_frames import Sent
from tests.support.disks import fill, small_disk
from tests.support.mesh import eventually
from tests.support.processes import Program, launch, running
from tests.support.relay_client import agent, amid_called, message

BOB = amid_called("bob")


def test_a_wrong_argument_is_told_with_a_way_out() -> None:
    with running("agentmesh_relay", "--listen", "0.0.0.0:0") as relay:
        assert relay.ended() == 2
        assert "--origin wss://" in relay.output


def test_a_library_is_loaded_only_by_whom_it_serves_and_a_missing_one_is_named() -> None:
    check = "import sys, agentmesh_relay.program; sys.exit('nats' in sys.modules)"
    assert launch(sys.executable, "-c", check).ended() == 0
    without = (
        "import sys; sys.modules['nats'] = None; import agentmesh_relay.program as it; it.main()"
    )
    words = ("--listen", "127.0.0.1:0", "--origin", "ws://relay.example", "--nats", "nats://here")
    relay = launch(sys.executable, "-c", without, *words)
    assert relay.ended() == 2
    assert "pip install 'agentmesh-openclaw[cluster]'" in relay.output


def test_a_data_folder_has_one_relay(relay: Program, tmp_path: Path) -> None:
    relay.said("listening on ")
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    with running("agentmesh_relay", *arguments) as second:
        assert second.ended() == 75
        assert "Another relay works in" in second.output


def test_a_taken_port_is_told(url: str, tmp_path: Path) -> None:
    address = url.removeprefix("ws://").removesuffix("/v1/connect")
    with running("agentmesh_relay", "--listen", address, "--data", tmp_path / "other") as second:
        assert second.ended() == 75
        assert "listens on" in second.output


def test_a_full_disk_is_told_and_a_start_can_be_tried_again(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    with small_disk(place, 1024 * 1024):
        fill(place / "ballast")
        arguments = ("--listen", "127.0.0.1:0", "--data", place / "relay")
        with running("agentmesh_relay", *arguments) as relay:
            assert relay.ended() == 75
            assert f"The disk has no room for {place / 'relay'}" in relay.output
            assert "Make space there" in relay.output
        (place / "ballast").unlink()
        with running("agentmesh_relay", *arguments) as relay:
            relay.said("listening on ")


async def test_nothing_that_was_called_queued_is_lost_when_the_relay_is_killed(
    tmp_path: Path,
) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    rate = ("--messages-per-minute", "100000")
    promised: set[str] = set()
    for round_ in range(3):
        with running("agentmesh_relay", *arguments, *rate) as relay:
            url = relay.said("listening on ")
            async with agent(url, "bob"):
                pass
            async with agent(url, "alice") as alice:
                ids = [f"{round_}-{number}" for number in range(30)]
                await alice.say(*(message(BOB, frame_id) for frame_id in ids))
                for answer in await alice.hear_all(Sent, 20):
                    assert answer.outcome == "queued"
                    promised.add(answer.id)
                relay.kill()
    with running("agentmesh_relay", *arguments) as relay:
        async with agent(relay.said("listening on "), "bob") as bob:
            assert bob.connected is not None
            received = {(await bob.take()).id for _ in range(bob.connected.pending_messages)}
    assert promised <= received
    assert len(promised) == 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_to_stop_waits_for_nats_no_longer(tmp_path: Path, number: int) -> None:
    words = ("--listen", "127.0.0.1:0", "--data", tmp_path, "--nats", "nats://127.0.0.1:1")
    with running("agentmesh_relay", *words, "--origin", "ws://relay.example") as relay:
        eventually(lambda: "nats.not_there" in relay.output)
        relay.process.send_signal(number)
        assert relay.ended() == 0
        assert "Traceback" not in relay.output
