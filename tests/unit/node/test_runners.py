"""How errands are run."""

from collections.abc import Sequence
from typing import TypeVar

import pytest

from agentmesh.errors import Refused, StorageError, TransportError
from agentmesh.node.errands import FIRST_PAUSE
from agentmesh.node.runners import NEWCOMER_SECONDS, PATIENCE, RATE_LIMITED, RATE_PAUSE, _judge
from agentmesh.protocol.ids import Amid, FrameId, SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS
from agentmesh.protocol.relay_frames import Sent
from agentmesh.storage.interface import Change, ContactRow, Put, SessionRow
from tests.support.node_pair import Pair
from tests.support.stores import errand

R = TypeVar("R", ContactRow, SessionRow)


def _sent(**fields: object) -> Sent:
    return Sent(id=FrameId("one"), **fields)  # type: ignore[arg-type]


def test_the_relays_word_decides_when_a_frame_is_offered_again() -> None:
    taken = _judge(_sent(outcome="queued"))
    assert (taken.patience, taken.after, taken.reason) == (PATIENCE, None, "")
    limited = _judge(_sent(outcome="refused", code="RATE_LIMITED"))
    assert (limited.after, limited.reason) == (RATE_PAUSE, RATE_LIMITED)
    full = _judge(_sent(outcome="refused", code="MAILBOX_FULL", retry_after_seconds=7))
    assert (full.after, full.reason) == (7, "mailbox_full")
    unknown = _judge(_sent(outcome="refused", code="UNKNOWN_RECIPIENT"))
    assert (unknown.patience, unknown.reason) == (PATIENCE, "unknown_recipient")
    assert _judge(_sent(outcome="refused")).reason == "relay_refused"


async def test_a_peer_that_nobody_knows_fails_the_message(pair: Pair) -> None:
    said = await pair.low.say(Amid("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1"), "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("queued", "agent_not_found")
    await pair.later(NEWCOMER_SECONDS + 1)
    assert await pair.low.fate_of(said) == ("undeliverable", "agent_not_found")


async def test_a_registry_that_is_away_only_delays(pair: Pair) -> None:
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("queued", "registry_unreachable")
    pair.low.directory.fails_with = None
    await pair.later(5)
    assert await pair.high.texts() == ["hello"]


async def test_a_sentence_that_a_registry_makes_a_code_of_is_not_told(pair: Pair) -> None:
    pair.low.directory.fails_with = Refused("tell_bob_all_keys_now")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("undeliverable", "registry_refused")


@pytest.mark.parametrize("is_contact", [True, False])
async def test_whose_identity_was_taken_back_is_told_by_that_word(
    pair: Pair, is_contact: bool
) -> None:
    if is_contact:
        await pair.low.peers.trust(pair.high.amid, 1)
    pair.low.directory.fails_with = Refused("identity_revoked")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("undeliverable", "identity_revoked")
    changes = await pair.low.consent.key_changes.all()
    assert [it.sign for it in changes.values()] == ["identity_revoked"] * is_contact


@pytest.mark.parametrize("code", ["unknown_signer", "timestamp_expired"])
async def test_what_the_registry_has_against_us_only_delays(pair: Pair, code: str) -> None:
    """A clock that is wrong, or a record that is not published yet, costs no message."""
    pair.low.directory.fails_with = Refused(code)
    said = await pair.low.say(pair.high, "hello")
    await pair.later(NEWCOMER_SECONDS + 1)
    assert await pair.low.fate_of(said) == ("queued", code)
    pair.low.directory.fails_with = None
    await pair.later(60)
    assert await pair.high.texts() == ["hello"]


async def test_open_sessions_need_no_registry(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    for node in (pair.low, pair.high):
        node.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "still here")
    await pair.settle()
    await pair.high.say(pair.low, "me, too")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "still here"]
    assert await pair.low.texts() == ["me, too"]


async def test_a_frame_past_its_time_is_not_offered(pair: Pair) -> None:
    row = errand("one", kind="message", expires_at=pair.clock.now())
    assert await pair.low.runners.offer(row) is None
    assert pair.wire.carried == []


async def test_a_frame_is_offered_for_what_is_left_of_its_time(pair: Pair) -> None:
    for left, said in ((60, 60), (2 * MAILBOX_SECONDS, MAILBOX_SECONDS)):
        row = errand("one", kind="message", peer=pair.high.amid, expires_at=pair.clock.now() + left)
        await pair.low.runners.offer(row)
        assert pair.wire.carried[-1][1].expires_in == said


async def test_a_loss_is_not_told_to_whom_the_registry_does_not_know(pair: Pair) -> None:
    row = errand("lost", kind="session_lost", peer=Amid("nobody"), session_id=SessionId("x"))
    assert await pair.low.runners.say_lost(row) is None
    assert pair.wire.carried == []


async def test_a_loss_is_told_later_when_the_registry_is_away(pair: Pair) -> None:
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    row = errand("lost", kind="session_lost", peer=pair.high.amid)
    with pytest.raises(TransportError):
        await pair.low.runners.say_lost(row)


async def test_a_loss_is_not_told_for_ever(pair: Pair) -> None:
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    row = errand("lost", kind="session_lost", peer=pair.high.amid, expires_at=pair.clock.now())
    assert await pair.low.runners.say_lost(row) is None


async def test_resolving_a_session_that_is_over_is_no_error(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    row = errand("r", kind="resolve", peer=pair.high.amid, session_id=said.session_id)
    assert await pair.low.runners.resolve(row) is None
    assert await pair.low.phases() == ["open"]


async def test_keys_that_are_not_the_peers_begin_nothing(pair: Pair) -> None:
    pair.shelf.uploads[pair.high.amid] = pair.shelf.uploads[pair.low.amid]
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("queued", "bundle_invalid")
    assert pair.wire.carried == []


async def test_what_a_lookup_showed_is_kept_in_one_piece_with_the_knock(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Sequence[Change]] = []
    commit, is_full = pair.low.store.commit, [True]

    async def noted(changes: Sequence[Change]) -> None:
        if is_full and _rows_of(ContactRow, changes):
            is_full.clear()
            raise StorageError("disk_full")
        await commit(changes)
        kept.append(changes)

    monkeypatch.setattr(pair.low.store, "commit", noted)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert "knock" not in pair.wire.types()
    assert await pair.low.peers.row(pair.high.amid) is None
    await pair.later(FIRST_PAUSE)
    (knocking,) = (it for it in kept if _rows_of(ContactRow, it))
    assert [row.phase for row in _rows_of(SessionRow, knocking)] == ["knocking"]
    assert await pair.high.texts() == ["hello"]


async def test_what_a_lookup_showed_is_kept_though_nobody_knocks_any_more(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (session,) = await pair.low.store.sessions(pair.high.amid)
    await pair.low.peers.forget(pair.high.amid)
    late = errand("one", kind="resolve", peer=pair.high.amid, session_id=session.session_id)
    assert await pair.low.runners.resolve(late) is None
    row = await pair.low.store.contact(pair.high.amid)
    assert row is not None
    assert row.signing_key


def _rows_of(kind: type[R], changes: Sequence[Change]) -> list[R]:
    rows = [change.row for change in changes if isinstance(change, Put)]
    return [row for row in rows if isinstance(row, kind)]
