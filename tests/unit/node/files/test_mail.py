import msgspec

from agentmesh.messages.file_payloads import FileCancel
from agentmesh.node.files.mail import TELL_SECONDS, FileMail
from agentmesh.protocol.ids import FileId
from tests.support.filing import Desks
from tests.support.node import OPEN_DOOR
from tests.unit.node.files.test_transfers import transfer

NONE = FileId("01890000-0000-7000-8000-000000000001")


class Heard:
    """A peer's taker of mail."""

    def __init__(self, desks: Desks) -> None:
        self.types: list[str] = []
        kinds = ("file_done", "file_cancel", "file_refuse")
        desks.bob.node.house_mail.employ(dict.fromkeys(kinds, self._take))

    async def _take(self, _peer: object, _session: object, envelope: object) -> None:
        self.types.append(envelope.type)  # type: ignore[attr-defined]


async def test_a_peer_is_told_how_it_is_but_not_all_the_time(desks: Desks) -> None:
    heard, bob = Heard(desks), desks.bob.amid
    mail = FileMail(desks.alice.node.hand, desks.alice.node.house_mail)
    for _ in range(3):
        await mail.tell_how_it_is(bob, NONE, None)
    await desks.pair.settle()
    assert heard.types == ["file_cancel"]
    desks.pair.clock.advance(TELL_SECONDS)
    await mail.tell_how_it_is(bob, NONE, None)
    await desks.pair.settle()
    assert heard.types == ["file_cancel"] * 2
    assert FileCancel(file_id=NONE).reason == "cancelled"


async def test_what_became_of_it_is_what_is_told(desks: Desks) -> None:
    heard, bob = Heard(desks), desks.bob.amid
    mail = FileMail(desks.alice.node.hand, desks.alice.node.house_mail)
    for name, more in (
        ("a", {"ours": False, "state": "done"}),
        ("b", {"ours": False, "state": "refused"}),
        ("c", {"ours": True, "state": "done"}),
        ("d", {"ours": False, "state": "failed"}),
        ("e", {"ours": False, "state": "moving"}),
    ):
        await mail.tell_how_it_is(bob, FileId(name), transfer(name, peer=bob, **more))
    await desks.pair.settle()
    assert sorted(heard.types) == ["file_cancel", "file_cancel", "file_done", "file_refuse"]


async def test_who_is_blocked_is_told_nothing(desks: Desks) -> None:
    heard, bob, alice = Heard(desks), desks.bob.amid, desks.alice.node
    mail = FileMail(alice.hand, alice.house_mail)
    alice.policy = msgspec.structs.replace(OPEN_DOOR, blocklist=frozenset({bob}))
    await mail.refuse(bob, NONE, "blocked")
    await mail.cancel(bob, NONE, "stopped")
    alice.policy, alice.hand.switches.shut_down = OPEN_DOOR, True
    await mail.cancel(bob, NONE, "stopped")
    await desks.pair.settle()
    assert heard.types == []
