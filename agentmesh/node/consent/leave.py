"""May this message leave? Facts are gathered, policy decides, and what it costs is taken off first.

What an agent sends by itself comes off a budget before it is sent, on the disk, one message after
the other: however many are sent at once, and whenever the daemon dies, never one more gets through
than is allowed. Nothing is given back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import msgspec

from agentmesh.errors import Refused, TrustError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.policy.document import Autonomy, Policy
from agentmesh.policy.outbound import (
    BUDGETS,
    Amount,
    Impulse,
    SendFacts,
    SendVerdict,
    cost_of,
    may_send,
)
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import CardRow, ContactRow, Put

DRAWER = "spent"
LONGEST = max(budget.seconds for budget in BUDGETS.values())

Words = tuple[bytes, tuple[str, ...]]
"""A message's payload, and the kinds of secrets that were found in it."""
HasChangedKey = Callable[[Amid], Awaitable[bool]]


_SAID_NO = {
    "stopped": ("Everything is stopped.", "agentmesh up"),
    "blocked": ("This peer is blocked.", "agentmesh unblock AMID"),
    "peer_paused": (
        "This peer is paused.",
        "`agentmesh breakers` says why; agentmesh resume PEER",
    ),
    "paused": ("New sessions are paused.", "agentmesh resume"),
    "key_changed": (
        "Another key was shown for this peer; nothing is sent to it.",
        "Compare the safety number with its owner: agentmesh verify AMID, then --confirm.",
    ),
}


class Spending(msgspec.Struct, frozen=True):
    """One message that the agent sent by itself."""

    at: float
    amount: Amount


def autonomy_of(row: ContactRow | None, policy: Policy) -> Autonomy:
    """Return what our agent may do by itself with a peer: the owner's word, else the policy's."""
    return cast("Autonomy", row.autonomy) if row is not None and row.autonomy else policy.autonomy


def _verdict(facts: SendFacts, secrets: tuple[str, ...]) -> SendVerdict:
    return may_send(msgspec.structs.replace(facts, secrets=secrets) if secrets else facts)


def insist(verdict: SendVerdict) -> None:
    """Raise if the verdict is a refusal."""
    if verdict.decision == "refuse":
        why, hint = _SAID_NO[verdict.reason]
        kind = TrustError if verdict.reason == "key_changed" else Refused
        raise kind(verdict.reason, why, hint)


class Leave:
    """Asks the policy about each message of ours, and keeps the budgets."""

    def __init__(self, hand: AtHand, peers: Peers, has_changed_key: HasChangedKey) -> None:
        self._hand = hand
        self._peers = peers
        self._has_changed_key = has_changed_key
        self._one_at_a_time = asyncio.Lock()

    async def ask(
        self, peer: Amid, payload: bytes, impulse: Impulse, secrets: tuple[str, ...] = ()
    ) -> SendVerdict:
        """Return whether a message may leave; if it may, its cost is taken off."""
        (verdict,) = await self.ask_all(peer, [(payload, secrets)], impulse)
        return verdict

    async def ask_all(
        self, peer: Amid, said: Sequence[Words], impulse: Impulse
    ) -> list[SendVerdict]:
        """Return the same for each of these messages, as if they were asked about one by one."""
        facts = await self.facts(peer)
        if impulse == "owner":  # whose messages cost nothing
            verdicts = {kinds: _verdict(facts, kinds) for kinds in {kinds for _, kinds in said}}
            return [verdicts[kinds] for _, kinds in said]
        facts = msgspec.structs.replace(facts, impulse=impulse)
        async with self._one_at_a_time:
            return await self._take_off(facts, said)

    async def facts(self, peer: Amid) -> SendFacts:
        """Return what is known about writing to a peer."""
        switches = self._hand.switches
        return SendFacts(
            peer=peer,
            is_blocked=peer in self._hand.policy().blocklist,
            is_stopped=switches.stopped,
            is_peer_paused=peer in switches.paused_peers,
            has_changed_key=await self._has_changed_key(peer),
            is_paused=switches.paused,
            has_session=switches.paused and await self._has_session(peer),
        )

    async def _has_session(self, peer: Amid) -> bool:
        now = self._hand.clock.now()
        rows = await self._hand.store.sessions(peer)
        return any(row.phase == "open" and row.expires_at > now for row in rows)

    async def may_wake(self, peer: Amid) -> bool:
        """Whether a contact's words may give our agent a turn that nobody here asked for."""
        row = await self._peers.row(peer)
        is_contact = row is not None and row.trust >= CONTACT
        return is_contact and autonomy_of(row, self._hand.policy()) != "notify-only"

    async def outlook(self, peer: Amid) -> SendFacts:
        """Return what is known about the agent writing to a peer by itself, now."""
        now = self._hand.clock.now()
        facts = msgspec.structs.replace(await self.facts(peer), impulse="peer")
        return await self._with_budget(facts, await self._kept(peer, now), now)

    async def _with_budget(self, facts: SendFacts, kept: list[Spending], now: float) -> SendFacts:
        autonomy = autonomy_of(await self._peers.row(facts.peer), self._hand.policy())
        budget = BUDGETS.get(autonomy)
        since = now - (budget.seconds if budget else 0)
        spent = sum((it.amount for it in kept if it.at > since), Amount())
        return msgspec.structs.replace(facts, autonomy=autonomy, spent=spent)

    async def _take_off(self, facts: SendFacts, said: Sequence[Words]) -> list[SendVerdict]:
        now = self._hand.clock.now()
        kept = await self._kept(facts.peer, now)
        facts = await self._with_budget(facts, kept, now)
        has_budget = facts.autonomy in BUDGETS
        verdicts, taken = list[SendVerdict](), list[Spending]()
        for payload, secrets in said:
            cost = cost_of(payload)
            verdicts.append(_verdict(msgspec.structs.replace(facts, cost=cost), secrets))
            if has_budget and verdicts[-1].decision == "allow":
                taken.append(Spending(now, cost))
                facts = msgspec.structs.replace(facts, spent=facts.spent + cost)
        if taken:
            await self._keep(facts.peer, [*kept, *taken], now)
        return verdicts

    async def _kept(self, peer: Amid, now: float) -> list[Spending]:
        """Return what was spent within the longest time; what a wrong clock dated later is now."""
        card = await self._hand.store.card(DRAWER, peer)
        if card is None:
            return []
        spendings = msgspec.msgpack.decode(card.body, type=list[Spending])
        return [Spending(min(it.at, now), it.amount) for it in spendings if it.at > now - LONGEST]

    async def _keep(self, peer: Amid, spendings: list[Spending], now: float) -> None:
        body = msgspec.msgpack.encode(spendings)
        card = CardRow(
            drawer=DRAWER, name=peer, body=body, created_at=now, expires_at=now + LONGEST
        )
        await self._hand.store.commit([Put(card)])
