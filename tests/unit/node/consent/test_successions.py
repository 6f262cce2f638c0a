"""Who takes a contact's place: heard, proved, and followed when the owner says so."""

import base64
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from agentmesh.discovery.chain import Chain
from agentmesh.errors import AgentMeshError, Refused, TrustError
from agentmesh.node.consent import key_changes
from agentmesh.node.consent.successions import SUCCESSION, SuccessionNote, Successions
from agentmesh.node.lasting import lasting_session
from agentmesh.policy.document import Policy
from agentmesh.protocol.limits import MAX_SUCCESSORS
from agentmesh.protocol.revocation import Revocation, Revoked, Succession, read_revocation
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.protocol.transparency import REVOCATION
from tests.support.directories import FakeDirectory
from tests.support.fake_log import FakeLog
from tests.support.node_pair import Pair, node_pair
from tests.support.registrant import Registrant

OLD, NEW, LATER = Registrant("old"), Registrant("new"), Registrant("later")
STATEMENT = OLD.revocation("superseded", NEW)


@dataclass
class Scene:
    """`low` has OLD as a contact; the log and the directory are its registry."""

    pair: Pair
    log: FakeLog
    directory: FakeDirectory
    successions: Successions

    @property
    def changes(self) -> key_changes.KeyChanges:
        return self.pair.low.consent.key_changes

    async def prove(self, *steps: tuple[Registrant, Signed]) -> None:
        """Let the registry show revocations, and the contact's owner hear of the first."""
        for agent, signed in steps:
            self.log.add(REVOCATION, agent.amid, signed)
        await self.changes.taken_back(OLD.amid, read_revocation(steps[0][1]))

    async def refusal(self) -> str:
        """Return why the successor is not followed; all is as it was then."""
        with pytest.raises(AgentMeshError) as caught:
            await self.successions.follow(OLD.amid)
        contacts = [row.amid for row in await self.pair.low.peers.contacts()]
        assert contacts == [OLD.amid]
        return caught.value.code


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with node_pair() as pair:
        low, log = pair.low, FakeLog(pair.clock)
        directory = FakeDirectory("registry", NEW, LATER)
        successions = Successions(
            low.consent.key_changes,
            low.consent.remarks,
            Chain([directory], pair.clock),
            log.follower(),
        )
        await low.peers.describe(OLD.amid, alias="pal", description="from the conference")
        await low.peers.trust(OLD.amid, 3, signing_key=OLD.public)
        await low.peers.verify(OLD.amid, OLD.public)
        await low.peers.let_do(OLD.amid, "free")
        await low.consent.remarks.note(OLD.amid, "for travel")
        yield Scene(pair, log, directory, successions)


async def test_names_and_notes_move_and_trust_does_not(scene: Scene) -> None:
    await scene.prove((OLD, STATEMENT))
    row = await scene.successions.follow(OLD.amid)
    assert (row.amid, row.alias, row.description) == (NEW.amid, "pal", "from the conference")
    assert (row.trust, row.verified_at, row.autonomy) == (1, None, "")
    assert row.signing_key == NEW.public
    low = scene.pair.low
    assert (await low.consent.remarks.about(NEW.amid)).note == "for travel"
    assert await low.peers.find("pal") == NEW.amid
    assert await low.peers.row(OLD.amid) is None


async def test_who_is_a_contact_already_keeps_what_it_has(scene: Scene) -> None:
    await scene.pair.low.peers.describe(NEW.amid, alias="mate")
    await scene.pair.low.peers.trust(NEW.amid, 2)
    await scene.prove((OLD, STATEMENT))
    row = await scene.successions.follow(OLD.amid)
    assert (row.alias, row.trust, row.description) == ("mate", 2, "from the conference")


async def test_who_missed_some_follows_to_the_last(scene: Scene) -> None:
    del scene.directory.agents[NEW.amid]
    scene.directory.fails_with = None
    gone = scene.directory.lookup

    async def lookup(amid: str) -> object:
        if amid == NEW.amid:
            raise Refused("identity_revoked")
        return await gone(amid)  # type: ignore[arg-type]

    scene.directory.lookup = lookup  # type: ignore[assignment, method-assign]
    await scene.prove((OLD, STATEMENT), (NEW, NEW.revocation("superseded", LATER)))
    assert (await scene.successions.follow(OLD.amid)).amid == LATER.amid


async def test_nothing_moves_before_the_owner_says_so(scene: Scene) -> None:
    await scene.prove((OLD, STATEMENT))
    assert [row.amid for row in await scene.pair.low.peers.contacts()] == [OLD.amid]
    assert await scene.changes.has(OLD.amid)
    assert await scene.changes.succession(NEW.amid) == "undecided"
    with pytest.raises(TrustError, match="for good"):
        await scene.changes.check_liftable(OLD.amid)


async def test_who_is_declined_stays_out(scene: Scene) -> None:
    await scene.prove((OLD, STATEMENT))
    assert await scene.successions.decline(OLD.amid) == NEW.amid
    assert await scene.changes.succession(NEW.amid) == "declined"
    assert await scene.changes.has(OLD.amid)
    assert await scene.changes.succession(LATER.amid) == "nobody"


async def test_a_registry_that_is_away_moves_nobody(scene: Scene) -> None:
    await scene.prove((OLD, STATEMENT))
    scene.log.is_down = True
    assert await scene.refusal() == "registry_unreachable"


async def test_two_successors_are_none(scene: Scene) -> None:
    await scene.prove((OLD, STATEMENT))
    other = read_revocation(OLD.revocation("superseded", LATER))
    await scene.changes.taken_back(OLD.amid, other)
    assert await scene.refusal() == "no_successor"
    await scene.changes.taken_back(OLD.amid, read_revocation(STATEMENT))
    assert await scene.refusal() == "no_successor"
    assert (await scene.changes.all())[OLD.amid].reason == key_changes.FORKED


async def test_after_a_theft_nobody_is_named_any_more(scene: Scene) -> None:
    await scene.prove((OLD, OLD.revocation("key_compromise")))
    await scene.changes.taken_back(OLD.amid, read_revocation(STATEMENT))
    assert await scene.refusal() == "no_successor"


def _chain(count: int) -> list[tuple[Registrant, Signed]]:
    agents = [OLD, *(Registrant(f"number {number}") for number in range(1, count + 1))]
    named = itertools.pairwise(agents)
    return [(old, old.revocation("superseded", new)) for old, new in named]


def _loop() -> list[tuple[Registrant, Signed]]:
    return [(OLD, STATEMENT), (NEW, NEW.revocation("superseded", OLD))]


FALSE: dict[str, tuple[list[tuple[Registrant, Signed]], str]] = {
    "the registry knows of none": ([], "revocation_unproved"),
    "the registry proves another": ([(OLD, OLD.revocation("superseded", LATER))], "no_successor"),
    "the registry proves a theft": ([(OLD, OLD.revocation("key_compromise"))], "no_successor"),
    "the registry shows another's": ([(OLD, NEW.revocation())], "revocation_unproved"),
    "the registry shows no statement": ([(OLD, OLD.record())], "revocation_unproved"),
    "the successor was stolen, too": (
        [(OLD, STATEMENT), (NEW, NEW.revocation("key_compromise"))],
        "no_successor",
    ),
    "the successor names the first again": (_loop(), "succession_loop"),
    "there are too many": (_chain(MAX_SUCCESSORS + 2), "succession_too_long"),
}


@pytest.mark.parametrize("name", FALSE)
async def test_what_is_not_proved_is_not_followed(scene: Scene, name: str) -> None:
    steps, code = FALSE[name]
    first = steps[0][1] if name == "there are too many" else STATEMENT
    for agent, signed in steps:
        scene.log.add(REVOCATION, agent.amid, signed)
    await scene.changes.taken_back(OLD.amid, read_revocation(first))
    scene.directory.fails_with = Refused("identity_revoked")
    assert await scene.refusal() == code


# --- said in a session ------------------------------------------------------------------------


def _of(pair: Pair, by: Registrant | None = None, **changes: object) -> Signed:
    """What high's daemon says of itself, or pretends to."""
    old = pair.high.hand.keys.ring.identity
    place = Succession(predecessor=old.amid, successor=NEW.amid, timestamp=1)
    plain = Revocation(
        amid=old.amid,
        reason="superseded",
        issuer="key",
        timestamp=1,
        successor=NEW.signed(place, Purpose.SUCCESSION),
    )
    said = msgspec.structs.replace(plain, **changes)
    return by.signed(said, Purpose.REVOCATION) if by else old.sign(said, Purpose.REVOCATION)


async def _say(scene: Scene, payload: bytes) -> None:
    pair = scene.pair
    pair.low.house_mail.employ(scene.successions.takers())
    await pair.low.peers.trust(pair.high.amid, 1)
    await pair.high.say(pair.low, "hello")
    await pair.settle()
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    wish = await lasting_session(pair.high.hand, pair.high.talks, pair.low.amid)
    assert wish is not None
    await pair.high.house_mail.post(pair.low.amid, SUCCESSION, payload, wish)
    await pair.settle()


def _note(signed: Signed) -> bytes:
    packed = base64.b64encode(msgspec.msgpack.encode(signed)).decode()
    return msgspec.json.encode(SuccessionNote(revocation=packed))


async def test_a_contact_says_it_itself_and_is_written_to_no_more(scene: Scene) -> None:
    pair = scene.pair
    await _say(scene, _note(_of(pair)))
    assert (await scene.changes.all())[pair.high.amid].successor == NEW.amid
    with pytest.raises(TrustError):
        await pair.low.say(pair.high, "again")
    assert await pair.low.texts() == ["hello"]
    assert "key_change" in pair.low.kinds()


async def test_what_is_forged_in_a_session_is_nothing(scene: Scene) -> None:
    pair = scene.pair
    forged = [
        b"{}",
        b"not json",
        msgspec.json.encode(SuccessionNote(revocation="***")),
        msgspec.json.encode(SuccessionNote(revocation="AAAA")),
        _note(STATEMENT),
        _note(_of(pair, OLD)),
        _note(_of(pair, NEW)),
        _note(_of(pair, issuer="registry")),
        _note(_of(pair, issuer="organization")),
        _note(_of(pair, reason="other")),
        _note(_of(pair, successor=OLD.revocation("superseded", NEW))),
        _note(_of(pair, amid=OLD.amid)),
        _note(pair.high.hand.keys.ring.suites),
    ]
    for payload in forged:
        await _say(scene, payload)
    assert await scene.changes.all() == {}
    await pair.low.say(pair.high, "again")
    print(f"forged statements refused in a session: {len(forged)}, of a registry: {len(FALSE)}")


# --- who knocks -------------------------------------------------------------------------------


async def _named(pair: Pair) -> None:
    """Let a contact of high's have named low in its place."""
    high = pair.high
    await high.peers.trust(OLD.amid, 1)
    said = read_revocation(OLD.revocation("superseded", NEW))
    await high.consent.key_changes.taken_back(
        OLD.amid, Revoked(revocation=said.revocation, successor=pair.low.amid)
    )


async def test_a_successor_waits_for_the_owner_whatever_the_policy_says(pair: Pair) -> None:
    await _named(pair)
    pair.high.policy = Policy(consent="policy")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == ["knocked"]
    assert "knock_pending" in pair.high.kinds()


async def test_who_was_declined_is_refused(pair: Pair) -> None:
    await _named(pair)
    await pair.high.consent.key_changes.decline(OLD.amid)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "blocked")
    await pair.high.peers.trust(pair.low.amid, 1)
    await pair.low.say(pair.high, "it is me")
    await pair.settle()
    assert await pair.high.texts() == ["it is me"], "the owner may still make it a contact"


async def test_a_stranger_that_is_taken_back_is_nobodys_business(pair: Pair) -> None:
    await pair.high.consent.key_changes.taken_back(OLD.amid, read_revocation(STATEMENT))
    assert await pair.high.consent.key_changes.all() == {}
