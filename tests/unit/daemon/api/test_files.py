"""Files by control calls."""

from pathlib import Path

import pytest

from agentmesh.errors import NotPermitted, Refused, UsageError
from tests.unit.daemon.conftest import House


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "a.txt"
    path.write_bytes(b"words")
    return path


async def test_a_file_is_taken_on_shown_and_cancelled(house: House, path: Path) -> None:
    sent = await house.ask("files.send", to=house.pair.low.amid, path=str(path))
    file = sent["file"]
    assert isinstance(file, dict)
    assert (file["direction"], file["name"], file["size"]) == ("out", "a.txt", 5)
    assert (file["done"], file["eta_seconds"], file["path"]) == (0, None, str(path))
    file_id = file["transfer_id"]
    assert (await house.ask("files.list"))["files"][0]["transfer_id"] == file_id
    assert (await house.ask("files.show", id=file_id))["file"]["peer"] == house.pair.low.amid
    cancelled = await house.ask("files.cancel", id=file_id)
    assert cancelled["file"]["state"] == "cancelled"
    shown = await house.ask("files.show", id=file_id, wait=600)  # what is over is told at once
    assert shown["file"]["state"] == "cancelled"


@pytest.mark.parametrize("wrong", ["a.txt", "../a.txt", "/nothing/here", "/a\0b"])
async def test_a_path_has_to_lead_somewhere(house: House, wrong: str) -> None:
    with pytest.raises(UsageError):
        await house.ask("files.send", to=house.pair.low.amid, path=wrong)


async def test_who_is_blocked_is_sent_nothing(house: House, path: Path) -> None:
    await house.ask("block", peer=house.pair.low.amid)
    with pytest.raises(Refused):
        await house.ask("files.send", to=house.pair.low.amid, path=str(path))


async def test_a_grant_that_is_used_up_sends_no_more_files(house: House, path: Path) -> None:
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low)
    await house.ask("grants.give", peer=low, kind="file-out", uses=1)
    await house.ask("files.send", to=low, path=str(path))
    with pytest.raises(Refused, match="granted") as caught:
        await house.ask("files.send", to=low, path=str(path))
    assert caught.value.code == "grant_used_up"


async def test_the_owner_decides_about_an_offer(house: House) -> None:
    first, second = await house.be_offered("f1"), await house.be_offered("f2")
    taken = await house.ask("files.accept", id=first)
    assert taken["file"]["state"] == "moving"
    left = await house.ask("files.refuse", id=second)
    assert (left["file"]["state"], left["file"]["reason"]) == ("refused", "refused")
    with pytest.raises(UsageError, match="waits for no answer"):
        await house.ask("files.accept", id=second)


@pytest.mark.parametrize("call", ["files.accept", "files.refuse", "files.show"])
async def test_there_is_no_other_transfer(house: House, call: str) -> None:
    with pytest.raises(UsageError):
        await house.ask(call, id="none")


@pytest.mark.parametrize("call", ["show", "cancel"])
async def test_an_agent_neither_looks_into_a_transfer_nor_stops_one(
    house: House, call: str
) -> None:
    with pytest.raises(NotPermitted):
        await house.ask(f"files.{call}", permit="agent", id="x")
