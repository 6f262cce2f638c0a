"""What the log says of us and of our contacts is acted upon."""

import msgspec
import pytest

from agentmesh.discovery.trust import Vouching
from agentmesh.errors import Refused, TransportError, TrustError
from agentmesh.node.certificates.showings import showing
from agentmesh.node.consent.key_changes import REVOKED
from agentmesh.node.notices import UNVOUCHED
from agentmesh.node.transparency.own import UNKNOWN, WATCHED_FROM, own_record
from agentmesh.node.transparency.watch import MAX_FOREIGN, MAX_ROUNDS, PATIENCE
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.limits import LOG_POLL_SECONDS
from agentmesh.protocol.revocation import Revocation, RevocationReason, Succession
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.protocol.transparency import CERTIFICATE_REVOKED, RECORD, REVOCATION
from agentmesh.storage.interface import SetValue
from tests.support.node import Node
from tests.support.registrant import Registrant
from tests.unit.node.transparency.watched import watched

NEW = Registrant("high again")
FOREIGN = Registrant("mallory").record()


def revocation(node: Node, reason: RevocationReason, successor: Signed | None = None) -> Signed:
    document = Revocation(
        amid=node.amid, reason=reason, issuer="key", timestamp=1, successor=successor
    )
    return node.hand.keys.ring.identity.sign(document, Purpose.REVOCATION)


async def test_our_own_records_are_no_news() -> None:
    async with watched() as it:
        await it.watch.look()
        await it.node.store.commit([own_record(FOREIGN, it.pair.clock.now())])
        it.log.add(RECORD, it.node.amid, FOREIGN)
        await it.watch.look()
        assert it.alarms() == []
        assert await it.watch.foreign_entries() == []


@pytest.mark.parametrize("kind", [RECORD, REVOCATION, "certificate"])
async def test_an_entry_about_us_that_is_not_ours_is_an_alarm(kind: str) -> None:
    async with watched() as it:
        await it.watch.look()
        it.log.add(RECORD, it.pair.high.amid, FOREIGN)
        it.log.add(kind, it.node.amid, FOREIGN)
        await it.watch.look()
        await it.watch.look()
        assert it.alarms() == ["own_entry_foreign"]
        (entry,) = await it.watch.foreign_entries()
        assert (entry.index, entry.kind) == (1, kind)


async def test_what_rested_on_a_certificate_that_was_revoked_ends() -> None:
    async with watched() as it:
        node, high = it.node, it.pair.high
        for text in ("one", "other", "nothing shown"):
            await node.say(high, text, Wish(intent=Intent(category=text), request=SessionRequest()))
        await it.pair.settle()
        sessions = {row.category: row.session_id for row in await node.store.sessions()}
        for category, chain in (("one", FOREIGN), ("other", NEW.record())):
            told = Vouching(fact="valid", chain=(msgspec.msgpack.encode(chain),))
            await node.store.commit([showing(sessions[category], told, it.pair.clock.now())])
        await it.watch.look()
        it.log.add(CERTIFICATE_REVOKED, high.amid, FOREIGN)
        await it.watch.look()
        await it.pair.settle()
        left = [row.category for row in await node.store.sessions() if row.phase == "open"]
        assert left == ["other"]
        assert node.kinds().count(UNVOUCHED) == 2


async def test_what_came_before_a_restored_backup_is_not_judged() -> None:
    async with watched() as it:
        await it.watch.look()
        await it.node.store.commit([SetValue(WATCHED_FROM, UNKNOWN)])
        it.log.add(RECORD, it.node.amid, FOREIGN)
        await it.watch.look()
        assert it.alarms() == []
        it.log.add(RECORD, it.node.amid, FOREIGN)
        await it.watch.look()
        assert it.alarms() == ["own_entry_foreign"]


async def test_a_contact_that_was_taken_back_is_cut_off_for_good() -> None:
    async with watched() as it:
        high = it.pair.high
        await it.node.peers.trust(high.amid, 1)
        await it.node.say(high, "hello")
        await it.pair.settle()
        await it.watch.look()
        it.log.add(REVOCATION, high.amid, revocation(high, "key_compromise"))
        await it.watch.look()
        await it.pair.settle()
        await high.say(it.node, "once more")
        await it.pair.settle()
        assert await it.node.texts() == []
        with pytest.raises(TrustError):
            await it.node.say(high, "again")
        with pytest.raises(TrustError, match="for good"):
            await it.node.consent.key_changes.check_liftable(high.amid)
        assert it.alarms() == []
        assert "key_change" in it.node.kinds()


async def test_a_successor_is_named_and_nobody_moves() -> None:
    async with watched() as it:
        high = it.pair.high
        await it.node.peers.trust(high.amid, 1)
        await it.watch.look()
        place = Succession(predecessor=high.amid, successor=NEW.amid, timestamp=1)
        agreed = NEW.signed(place, Purpose.SUCCESSION)
        it.log.add(REVOCATION, high.amid, revocation(high, "superseded", agreed))
        await it.watch.look()
        change = (await it.node.consent.key_changes.all())[high.amid]
        assert (change.sign, change.successor) == (REVOKED, NEW.amid)
        assert [row.amid for row in await it.node.peers.contacts()] == [high.amid]


async def test_a_stranger_with_a_session_is_cut_off_too() -> None:
    async with watched() as it:
        high = it.pair.high
        await high.say(it.node, "hello")
        await it.pair.settle()
        await it.watch.look()
        it.log.add(REVOCATION, high.amid, revocation(high, "other"))
        await it.watch.look()
        it.node.directory.fails_with = Refused(REVOKED)
        await it.pair.settle()
        await high.say(it.node, "once more")
        await it.pair.settle()
        assert await it.node.texts() == ["hello"]


async def test_a_revocation_that_nobody_can_show_is_an_alarm_and_ends_nothing() -> None:
    async with watched() as it:
        high = it.pair.high
        await it.node.peers.trust(high.amid, 1)
        await it.node.say(high, "hello")
        await it.pair.settle()
        await it.watch.look()
        it.log.add(REVOCATION, high.amid, FOREIGN)
        await it.watch.look()
        assert it.alarms() == ["revocation_unproved"]
        assert await it.node.phases() == ["open"]
        assert it.watch.log.is_revoked(high.amid)


async def test_who_changes_is_asked_afresh() -> None:
    async with watched() as it:
        high, directory = it.pair.high.amid, it.watch._directory
        await directory.lookup(high)
        assert directory.remembered() == {high}
        await it.watch.look()
        it.log.add(RECORD, high, FOREIGN)
        await it.watch.look()
        assert directory.remembered() == set()


async def test_a_log_that_was_caught_is_told_once_and_believed_no_more() -> None:
    async with watched() as it:
        it.log.add(RECORD, it.pair.high.amid, FOREIGN)
        await it.watch.look()
        it.log.entries.clear()
        it.log.add(RECORD, it.pair.high.amid, NEW.record())
        for _ in range(2):
            with pytest.raises(Exception, match="log"):
                await it.watch.look()
        assert it.alarms() == ["log_forked"]
        book = it.watch.log.book
        assert book is not None
        assert (book.fault, len(book.heads)) == ("log_forked", 2)
        await it.watch.accept_anew()
        await it.watch.look()
        assert it.watch.log.book.fault == ""  # type: ignore[union-attr]


async def test_a_registry_that_is_away_is_asked_again_and_an_older_one_is_left_alone() -> None:
    async with watched() as it:
        it.log.is_down = True
        with pytest.raises(TransportError):
            await it.watch.look()
        it.log.is_down, it.log.is_absent = False, True
        await it.watch.look()
        assert it.watch.log.book is None
        it.log.is_absent = False
        await it.watch.look()
        assert it.watch.log.book is not None


async def test_it_looks_by_itself_and_often_enough() -> None:
    assert LOG_POLL_SECONDS * 2 <= 60
    async with watched() as it, it.watch:
        it.log.add(RECORD, it.pair.high.amid, FOREIGN)
        await it.pair.settle()
        assert it.watch.log.book is not None


async def test_what_was_read_before_a_crash_and_not_acted_upon_is_news_after_it() -> None:
    async with watched() as it:
        await it.watch.look()
        it.log.add(RECORD, it.node.amid, FOREIGN)
        await it.watch.log.follow()
        await it.watch.look()
        assert it.alarms() == ["own_entry_foreign"]


async def test_a_revocation_that_was_not_proved_at_once_is_acted_upon_later() -> None:
    async with watched() as it:
        high = it.pair.high
        await it.node.peers.trust(high.amid, 1)
        await it.node.say(high, "hello")
        await it.pair.settle()
        it.log.add(REVOCATION, high.amid, revocation(high, "key_compromise"))
        it.log.silent_on = "/v1/registry/revocation"
        for _ in range(PATIENCE + 1):
            await it.watch.look()
        assert it.alarms() == ["revocation_unproved"]
        assert await it.node.phases() == ["open"]
        it.log.silent_on = ""
        await it.watch.look()
        await it.watch.look()
        await it.pair.settle()
        assert it.node.kinds().count("session_closed") == it.node.kinds().count("key_change") == 1


async def test_a_log_full_of_us_fills_no_disk_and_tells_the_owner_so_often_at_most() -> None:
    async with watched() as it:
        await it.watch.look()
        for _ in range(MAX_FOREIGN + 50):
            it.log.add(RECORD, it.node.amid, FOREIGN)
        await it.watch.look()
        assert len(await it.watch.foreign_entries()) == len(it.alarms()) == MAX_FOREIGN


async def test_a_log_without_an_end_leaves_time_for_peers() -> None:
    async with watched() as it:
        await it.watch.look()
        asked, ask = [], it.log.ask

        async def growing(target, kind):  # type: ignore[no-untyped-def]
            if target.startswith("/v1/log/head"):
                asked.append(target)
                for _ in range(3):
                    it.log.add(RECORD, it.pair.high.amid, FOREIGN)
            if target.startswith("/v1/log/entries"):
                target = target.partition("&")[0] + "&limit=1"
            return await ask(target, kind)

        it.watch.log._ask = growing
        await it.watch.look()
        assert len(asked) <= MAX_ROUNDS
