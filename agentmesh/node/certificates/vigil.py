"""Certificates are looked at as long as a session lasts, not when it begins alone.

One that has run out ends the session at its minute. What was revoked ends it as soon as the log
tells of it; beyond that every chain is judged anew once an hour. What cannot be judged now goes on
until its session's certificate runs out: a fresh one counts only if it can be.
"""

import asyncio
from contextlib import suppress
from typing import Self

from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background, looked
from agentmesh.node.breakers import ENDING, Breakers
from agentmesh.node.certificates import renewal, showings
from agentmesh.node.certificates.renewal import Renewal
from agentmesh.node.certificates.showings import Showings
from agentmesh.node.notices import CERTIFICATES_REVOKED, Notice
from agentmesh.node.standing import Judge
from agentmesh.policy.checks import BAD_CERTIFICATES
from agentmesh.policy.verdict import Reason
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import REVOCATION_CACHE_SECONDS
from agentmesh.storage.interface import DropCard

LOOK_SECONDS = 30.0
MAX_UNCHECKED = 3
"""After so many chains that cannot be judged the rest waits for the next look, and comes first."""
EXPIRED: Reason = "certificate_expired"
LASTING = {"open", "resting"}
_NEWS = {"keys_certified", CERTIFICATES_REVOKED}
_Chain = tuple[Amid, tuple[bytes, ...]]


class Vigil:
    """Looks at what was shown in the sessions that last."""

    def __init__(self, hand: AtHand, judge: Judge, breakers: Breakers, own: Renewal) -> None:
        self._hand = hand
        self._judge = judge
        self._breakers = breakers
        self._renewal = own
        self._showings = Showings(hand.store)
        self._due: dict[_Chain, float] = {}
        self._background = Background()
        self._news = asyncio.Event()
        hand.bulletin.listen(self._hear, _NEWS)

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def look(self) -> None:
        """End sessions in which a certificate holds no more; show ours anew where it is time."""
        shown = await self._showings.all()
        if not shown and not self._hand.keys.ring.certificates:
            return  # most agents: nobody shows anything
        sessions = await self._hand.store.sessions()
        await self._forget({row.session_id for row in sessions if row.phase in ENDING})
        rows = [row for row in sessions if row.phase in LASTING]
        theirs = [(row, shown[row.session_id]) for row in rows if row.session_id in shown]
        lost = await self._judge_anew({(row.peer, it.chain) for row, it in theirs})
        now = self._hand.clock.now()
        for row, it in theirs:
            reason = EXPIRED if it.is_late(now) else lost.get((row.peer, it.chain))
            if reason is not None:
                await self._breakers.end_unvouched([row], reason)
        await self._renewal.look(rows)

    async def _judge_anew(self, chains: set[_Chain]) -> dict[_Chain, Reason]:
        """Return those of these chains that hold no more, and why. Those that wait come first."""
        now = self._hand.clock.now()
        self._due = {it: at for it, at in self._due.items() if it in chains}
        lost: dict[_Chain, Reason] = {}
        unchecked = 0
        for chain in sorted(chains, key=lambda it: self._due.get(it, 0.0)):
            if 0 < self._due.get(chain, 0.0) - now <= REVOCATION_CACHE_SECONDS:
                continue
            peer, certificates = chain
            judged = await self._judge.judge(certificates, peer)
            is_unchecked = judged is not None and judged.fact == "unchecked"
            self._due[chain] = now + (LOOK_SECONDS if is_unchecked else REVOCATION_CACHE_SECONDS)
            unchecked += is_unchecked
            if unchecked == MAX_UNCHECKED:
                break
            reason = BAD_CERTIFICATES.get(judged.fact) if judged is not None else None
            if reason is not None:
                lost[chain] = reason
        return lost

    async def _forget(self, lasting: set[SessionId]) -> None:
        """Let go of what was shown in sessions that are over."""
        cards = [
            card
            for drawer in (showings.DRAWER, renewal.DRAWER)
            for card in await self._hand.store.cards(drawer)
        ]
        over = [DropCard(it.drawer, it.name) for it in cards if it.name not in lasting]
        if over:
            await self._hand.store.commit(over)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            await looked(self.look, "vigil")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    def _hear(self, notice: Notice) -> None:
        if notice.kind == CERTIFICATES_REVOKED:
            self._due.clear()
        self._news.set()
