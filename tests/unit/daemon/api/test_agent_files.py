"""An agent sends what its owner shares, takes what the policy lets it, and is shown no words."""

import json
import os
from pathlib import Path

import pytest

from agentmesh.daemon.api.agent_files import MAX_SEARCHED_BYTES
from agentmesh.errors import AgentMeshError, NeedsOwner, NotPermitted, Refused
from tests.unit.daemon.conftest import House

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----"


@pytest.fixture
async def shared(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the owner shares, with a contact that may get files."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "a.txt").write_text("words")
    low = house.pair.low.amid
    await house.ask("policy.set", key="shared_folders", value=[str(folder)])
    await house.ask("contacts.add", peer=low)
    await house.ask("grants.give", peer=low, kind="file-out")
    return folder


async def send(house: House, path: Path, to: str = "") -> dict[str, object]:
    peer = to or house.pair.low.amid
    return await house.ask("files.send", permit="agent", to=peer, path=str(path))


async def code_of(house: House, path: Path, kind: type[AgentMeshError]) -> str:
    with pytest.raises(kind) as caught:
        await send(house, path)
    assert caught.value.hint
    return caught.value.code


async def test_an_agent_sends_what_is_shared_with_who_is_granted_files(
    house: House, shared: Path
) -> None:
    file = (await send(house, shared / "a.txt"))["file"]
    assert isinstance(file, dict)
    assert (file["name"], file["size"], file["state"]) == ("a.txt", 5, "preparing")
    assert (await house.ask("files.list", permit="agent"))["files"][0]["path"]


async def test_nothing_that_is_not_shared_leaves_however_it_is_named(
    house: House, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    private = tmp_path_factory.mktemp("private") / "diary.txt"
    private.write_text("words")
    (shared / "link.txt").symlink_to(private)
    (shared / "folder").symlink_to(private.parent)
    (shared / ".env").write_text("words")
    around = shared / ".." / private.parent.name / private.name
    for path in (private, around, shared / "link.txt", shared / "folder/diary.txt"):
        assert await code_of(house, path, NotPermitted) == "file_not_shared"
    assert await code_of(house, shared / ".env", NotPermitted) == "file_not_shared"
    os.mkfifo(shared / "pipe")
    with pytest.raises(AgentMeshError):
        await send(house, shared / "pipe")


async def test_without_a_grant_the_owner_sends(house: House, shared: Path) -> None:
    low = house.pair.low.amid
    await house.ask("grants.revoke", peer=low, kind="file-out")
    assert await code_of(house, shared / "a.txt", Refused) == "grant_revoked"
    await house.ask("contacts.remove", peer=low)
    assert await code_of(house, shared / "a.txt", NeedsOwner) == "not_granted"


@pytest.mark.parametrize("where", ["inside", "far inside", "name"])
async def test_a_file_with_a_secret_waits_for_the_owner(
    house: House, shared: Path, where: str
) -> None:
    path = shared / ("ghp_" + "a1B2" * 9 if where == "name" else "b.bin")
    before = b"\xff\0 " * (400_000 if where == "far inside" else 1)
    path.write_bytes(before + (b"" if where == "name" else KEY.encode()))
    assert await code_of(house, path, NeedsOwner) == "secret_found"


async def test_our_own_keys_do_not_leave_in_a_file(house: House, shared: Path) -> None:
    seed = house.caller.rooms.hand.keys.ring.identity.seed().reveal()
    (shared / "raw.bin").write_bytes(b"\0\1" + seed + b"\2")
    (shared / "hex.txt").write_text(seed.hex())
    for name in ("raw.bin", "hex.txt"):
        assert await code_of(house, shared / name, NeedsOwner) == "secret_found"


async def test_what_is_too_large_to_be_looked_through_waits_for_the_owner(
    house: House, shared: Path
) -> None:
    (shared / "large.bin").write_bytes(bytes(MAX_SEARCHED_BYTES + 1))
    assert await code_of(house, shared / "large.bin", NeedsOwner) == "file_not_searched"


async def test_what_another_said_moves_no_file(house: House, shared: Path) -> None:
    stranger = house.pair.high.amid
    await house.caller.rooms.consent.reading.happened(stranger)
    assert await code_of(house, shared / "a.txt", NeedsOwner) == "moved_by_another"


async def test_an_agent_answers_an_offer_where_the_policy_lets_it(house: House) -> None:
    first, second = await house.be_offered("f1"), await house.be_offered("f2")
    for call in ("files.accept", "files.refuse"):
        with pytest.raises(NotPermitted, match="The owner decides"):
            await house.ask(call, permit="agent", id=first)
    await house.ask("policy.set", key="files.accept", value="agent")
    with pytest.raises(NotPermitted):  # no contact
        await house.ask("files.accept", permit="agent", id=first)
    await house.ask("contacts.add", peer=house.pair.low.amid)
    taken = await house.ask("files.accept", permit="agent", id=first)
    assert taken["file"]["state"] == "moving"
    left = await house.ask("files.refuse", permit="agent", id=second)
    assert left["file"]["state"] == "refused"


async def test_a_peers_words_do_not_reach_an_agent_with_its_offer(house: House) -> None:
    await house.be_offered("f1")
    (file,) = (await house.ask("files.list", permit="agent"))["files"]
    assert (file["name"], file["media_type"], file["path"], file["peer_name"]) == ("", "", "", "")
    assert "a.txt" not in json.dumps(file)
    assert (await house.ask("files.list"))["files"][0]["name"] == "a.txt"


async def test_what_the_owner_sends_by_himself_is_not_the_agents_business(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("private") / "diary.txt"
    path.write_text("words")
    await house.ask("files.send", to=house.pair.low.amid, path=str(path))
    assert (await house.ask("files.list", permit="agent"))["files"] == []


async def test_a_file_that_is_changed_while_it_is_looked_through_is_not_sent(
    house: House, shared: Path
) -> None:
    scrubber = house.caller.rooms.guards.scrubber
    path = shared / "a.txt"

    def change(data: bytes) -> tuple[str, ...]:
        path.write_text(KEY)
        return ()

    object.__setattr__(scrubber, "found_in", change)
    with pytest.raises(AgentMeshError) as caught:
        await send(house, path)
    assert caught.value.code == "file_changed"
    states = [it["state"] for it in (await house.ask("files.list"))["files"]]
    assert states == ["cancelled"]
