"""What the mailbox of a relay alone does beyond what every mailbox must."""

from pathlib import Path

from agentmesh_relay.mailbox.interface import Refusal, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox

from tests.support.letters import letter, opened, put


async def test_what_was_promised_survives_a_restart(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    await put(box, letter(1))
    box.close()
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    assert [it.id for it in await opened(box)] == ["1"]
    box.close()


async def test_a_full_disk_refuses_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite", max_file_bytes=40 * 4096)
    await opened(box)
    stored: list[int] = []
    refusal: Refusal | None = None
    while refusal is None:
        result = await put(box, letter(len(stored), payload=bytes(16_000)))
        if isinstance(result, Refusal):
            refusal = result
        else:
            stored.append(result.row)
    assert refusal.code == "INTERNAL_ERROR"
    assert refusal.retry_after_seconds
    assert box.trouble() == "disk_full"
    assert [it.row for it in await opened(box)] == stored
    box.remove(stored)
    assert isinstance(await put(box, letter("later", payload=bytes(16_000))), Stored)
    assert box.trouble() is None
    box.close()
