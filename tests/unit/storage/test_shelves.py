"""The store on disk does as the one in memory, whatever is asked, and after each reopening."""

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentmesh.protocol.ids import Amid, FrameId, MessageId, SessionId, id_time
from agentmesh.storage import interface as words
from agentmesh.storage.interface import Change, Outcome, Put, Store, WantedSessions
from agentmesh.storage.volatile import VolatileStore
from tests.support import stores

OUTCOMES: list[Outcome] = [
    "held",
    "queued",
    "delivered",
    "consumed",
    "refused",
    "undeliverable",
]
sessions = st.sampled_from([SessionId("s1"), SessionId("s2")])
peers = st.sampled_from([stores.ALICE, stores.BOB])
NAMES = [MessageId(f"{id_time(stores.NOW)}-{letter}") for letter in "abcd"]
messages = st.sampled_from(NAMES)
frames = st.sampled_from([FrameId("f1"), FrameId("f2")])
numbers = st.integers(1, 4)
times = st.integers(0, 40).map(lambda days: stores.NOW + days * stores.DAY)
outcomes = st.sampled_from(OUTCOMES)
kinds = st.sampled_from(["emit", "resolve"])

rows = st.one_of(
    st.builds(stores.session, sessions, peer=peers, opened_at=times, expires_at=times),
    st.builds(
        stores.outgoing,
        messages,
        peer=peers,
        session_id=sessions,
        sequence=st.none() | numbers,
        frame_id=st.none() | frames,
        outcome=outcomes,
        created_at=times,
        expires_at=times,
    ),
    st.builds(stores.errand, frames, peer=peers, session_id=sessions, kind=kinds),
    st.builds(stores.knock, sessions, received_at=times, expires_at=times),
    st.builds(stores.contact, peers, alias=st.sampled_from("xyz"), suites=st.just(())),
    st.builds(stores.card, frames, created_at=times, expires_at=st.none() | times),
    st.builds(stores.prekey, numbers, retired_at=st.none() | times),
)
others: st.SearchStrategy[Change] = st.one_of(
    st.builds(Put, rows),
    st.builds(
        words.Deliver,
        st.builds(stores.incoming, messages, numbers, peer=peers, session_id=sessions),
    ),
    st.builds(
        words.Move,
        st.builds(
            stores.outgoing,
            messages,
            session_id=sessions,
            sequence=st.none() | numbers,
            frame_id=st.none() | frames,
            outcome=st.sampled_from(["held", "queued"]),
        ),
    ),
    st.builds(words.Release, sessions, numbers),
    st.builds(words.Judge, sessions, st.sampled_from(["accepted", "rejected"])),
    st.builds(words.DropErrand, frames),
    st.builds(words.DropErrands, sessions, kinds | st.just("")),
    st.builds(words.DropPrekey, st.just("one_time"), numbers),
    st.builds(words.DropSession, sessions),
    st.builds(words.DropCard, st.just("drawer"), frames),
    st.builds(words.DropContact, peers),
    st.builds(words.Consume, messages, times, st.none() | peers),
    st.builds(words.Remember, peers, messages, times),
    st.builds(words.SetValue, st.just("name"), st.sampled_from([b"", b"value"])),
)
settlings: st.SearchStrategy[Change] = st.one_of(
    st.builds(words.Settle, st.tuples(messages, messages), outcomes, st.sampled_from(["", "why"])),
    st.builds(words.Confirm, sessions, numbers, st.tuples(numbers), outcomes),
    st.builds(words.SettleAll, sessions, outcomes, st.just("why"), st.booleans()),
)
changes = others | settlings
BEGINNING: list[Change] = [
    Put(stores.outgoing(NAMES[0], session_id="s1", sequence=1, frame_id="f1", outcome="queued")),
    Put(stores.outgoing(NAMES[1], session_id="s1", sequence=2, frame_id="f1", outcome="queued")),
    Put(stores.outgoing(NAMES[2], session_id="s1", sequence=3, frame_id="f2", outcome="delivered")),
    Put(stores.outgoing(NAMES[3], session_id="s2")),
    Put(stores.errand("f1", session_id="s1")),
    Put(stores.errand("f2", session_id="s2")),
    Put(stores.knock("s1")),
    *(words.Deliver(stores.incoming(n, i, session_id="s1")) for i, n in enumerate(NAMES, 1)),
]


async def _everything(store: Store) -> list[Any]:
    """Return what every question answers."""
    seen = [(peer, name) for peer in (stores.ALICE, stores.BOB) for name in NAMES]
    return [
        await store.sessions(),
        await store.sessions(stores.BOB),
        await store.last_sessions(WantedSessions(phases=frozenset({"open"}), limit=2)),
        [await store.outgoing(name) for name in NAMES],
        [await store.unsettled(SessionId(name)) for name in ("s1", "s2")],
        [await store.held(SessionId(name)) for name in ("s1", "s2")],
        await store.expired_outgoing(stores.NOW + 9 * stores.DAY),
        [await store.incoming(name, Amid(peer)) for peer, name in seen],
        [await store.incoming(name) for name in NAMES],
        await store.inbox(unread=True, peer=stores.BOB, after=1, limit=2),
        await store.inbox(unread=False, peer=None, after=0, limit=100),
        await store.newest(None, 2),
        await store.newest(stores.BOB, 3),
        await store.errands(),
        await store.knocks(pending=True, limit=1),
        await store.knocks(pending=False, limit=9),
        await store.contacts(),
        await store.cards("drawer"),
        [await store.card("drawer", name) for name in ("f1", "f2")],
        await store.prekeys("one_time"),
        [await store.remembers(peer, name) for peer, name in seen],
        await store.value("name"),
        await store.counts(),
    ]


class Twins(RuleBasedStateMachine):
    """The same is said to both stores; both must know the same."""

    @initialize()
    def begin(self) -> None:
        self.stack = contextlib.ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.home = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.model = VolatileStore()
        self.real = stores.sqlite_store(self.home)
        self.do(self.real.__aenter__())
        self.do(self.model.commit(BEGINNING))
        self.do(self.real.commit(BEGINNING))
        self.stack.callback(lambda: self.do(self.real.__aexit__(None)))

    @rule(turn=st.lists(changes, min_size=1, max_size=8))
    def commit(self, turn: list[Change]) -> None:
        self.do(self.model.commit(turn))
        self.do(self.real.commit(turn))

    @rule(now=times)
    def clean(self, now: float) -> None:
        assert self.do(self.real.clean(now)) == self.do(self.model.clean(now))

    @rule()
    def reopen(self) -> None:
        self.do(self.real.__aexit__(None))
        self.real = stores.sqlite_store(self.home)
        self.do(self.real.__aenter__())

    @invariant()
    def they_agree(self) -> None:
        if hasattr(self, "stack"):
            assert self.do(_everything(self.real)) == self.do(_everything(self.model))
            assert self.real.warnings() == []

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


Twins.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=8,
)
TestTwins = Twins.TestCase
