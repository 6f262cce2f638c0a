"""Messages are read before they are kept: whether they fit, what they cost, what we can answer.

All that comes of it is part of the turn. What a strict policy refuses is not kept for the agent:
its number counts as read, and its sender is told once. An `error` is never answered.
"""

import logging
from typing import Any

import msgspec

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.messages import costs
from agentmesh.messages.checking import Checked, check
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.negotiation import Ours, respond
from agentmesh.messages.payloads import CapabilityRequest, known_type, parse_payload
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.schemas.remarks import Remarks, card
from agentmesh.node.schemas.shelf import SchemaShelf
from agentmesh.node.turn import Turn
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import MessageId, SessionId, uuid7
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AGE, MAILBOX_SECONDS
from agentmesh.session.events import Read, Saying
from agentmesh.session.states import Open
from agentmesh.storage.interface import CardRow, Deliver, IncomingRow, OutgoingRow, Put

BUDGETS, WITHHELD = "budgets", "withheld"
BUDGET_SECONDS = 30 * 86400
MAX_UNCONFIRMED = 100
"""With so much of ours under way to a peer, our daemon adds no words of its own."""
REFUSED = "schema_validation_failed"

log = logging.getLogger("agentmesh.node")


class Heard(msgspec.Struct, frozen=True):
    """A message that came in this turn."""

    turn: Turn
    row: IncomingRow
    envelope: Envelope

    @property
    def name(self) -> str:
        """What a card about it is called."""
        return f"{self.turn.peer}/{self.envelope.id}"


class Reading:
    """Reads what a turn brings, in both directions."""

    def __init__(self, hand: AtHand, shelf: SchemaShelf, ours: Ours) -> None:
        self._hand = hand
        self._shelf = shelf
        self._ours = ours

    async def read(self, turn: Turn, before: Turn) -> None:
        """Read what `turn` keeps and `before` did not."""
        said, delivered = _said(turn, before), _delivered(turn, before)
        if not said and not delivered:
            return
        policy = self._hand.policy()
        for row in said:
            self._note_budget(turn, row, policy)
        for change in delivered:
            heard = Heard(turn, change.row, turn.sheet.envelope(change.row))
            await self._hear(heard, change, policy)

    # --- what came -----------------------------------------------------------------------------

    async def _hear(self, heard: Heard, change: Deliver, policy: Policy) -> None:
        mode = policy.validation_mode
        checked = self._check(heard.envelope)
        if checked.problems:
            self._tell(heard, "schema_problems", problems=len(checked.problems), mode=mode)
        if checked.is_invalid and mode == "strict":
            await self._withhold(heard, change, checked)
            return
        warnings = await self._warnings(heard)
        problems = () if mode == "silent" else checked.problems
        if problems or warnings:
            remarks = Remarks(problems, warnings)
            now = heard.turn.now
            row = card(heard.turn.peer, heard.envelope.id, remarks, now)
            heard.turn.sheet.changes.append(Put(row))
        self._weigh(heard.turn, heard.row.session_id, heard.envelope, policy)
        if heard.envelope.type == "capability_request":
            await self._answer(heard)

    def _check(self, envelope: Envelope) -> Checked:
        try:
            return check(envelope.type, envelope.payload, self._shelf.catalogue)
        except AgentMeshError as error:  # a schema that was kept by other rules than today's
            record(log, logging.WARNING, "schema.unusable", code=Code(error.code))
        except Exception as error:  # noqa: BLE001 (a check that fails keeps no message out)
            record_bug(log, "schema.bug", error)
        return Checked()

    async def _withhold(self, heard: Heard, change: Deliver, checked: Checked) -> None:
        turn, envelope = heard.turn, heard.envelope
        turn.sheet.withhold(change)
        turn.apply(heard.row.session_id, Read((heard.row.sequence,)))
        if await self._hand.store.card(WITHHELD, heard.name) is not None:
            return
        until = turn.now + AGENT_SIGNATURE_MAX_AGE
        kept = CardRow(
            drawer=WITHHELD, name=heard.name, body=b"", created_at=turn.now, expires_at=until
        )
        turn.sheet.changes.append(Put(kept))
        self._tell(heard, "error", code=REFUSED)
        problems = msgspec.to_builtins(checked.problems)
        said = {
            "code": REFUSED,
            "message": "The message does not fit its schema, and its reader is strict.",
            "details": {"type": envelope.type, "problems": problems},
        }
        self._say(heard, "error", said)

    async def _warnings(self, heard: Heard) -> tuple[str, ...]:
        envelope = heard.envelope
        if envelope.in_reply_to is None or not costs.states_cost(envelope.type):
            return ()
        kept = await self._hand.store.card(BUDGETS, f"{heard.turn.peer}/{envelope.in_reply_to}")
        if kept is None:
            return ()
        limit = msgspec.msgpack.decode(kept.body, type=costs.Limit)
        warnings = costs.warnings(envelope.payload, limit)
        if warnings:
            self._tell(heard, costs.BUDGET_EXCEEDED)
        return warnings

    async def _answer(self, heard: Heard) -> None:
        """Say what we have of what the peer looks for."""
        store, envelope = self._hand.store, heard.envelope
        if await store.incoming(envelope.id, heard.turn.peer) is not None:
            return  # it came in another session before, and was answered there
        try:
            asked = parse_payload(envelope.type, envelope.payload)
        except RemoteProtocolError:
            return
        if isinstance(asked, CapabilityRequest):
            answer = respond(asked, self._ours, self._shelf.catalogue.ids())
            self._say(heard, "capability_response", msgspec.to_builtins(answer))

    def _say(self, heard: Heard, kind: str, payload: dict[str, Any]) -> None:
        """Say something in the session a message came in, unless too much is under way there."""
        turn, session_id = heard.turn, heard.row.session_id
        state = turn.talks[session_id].state
        if not isinstance(state, Open) or state.closing:
            return
        if state.next_sequence - 1 - state.confirmed.up_to >= MAX_UNCONFIRMED:
            return
        saying = Saying(
            message_id=MessageId(uuid7(turn.now, turn.keys.entropy)),
            type=kind,
            payload=msgspec.json.encode(payload),
            in_reply_to=heard.envelope.id,
            timestamp=turn.keys.milliseconds(),
        )
        turn.say(session_id, (saying,), turn.now + MAILBOX_SECONDS)

    # --- what goes -----------------------------------------------------------------------------

    def _note_budget(self, turn: Turn, row: OutgoingRow, policy: Policy) -> None:
        """Keep what a request of ours may cost, for when it is answered."""
        saying = msgspec.msgpack.decode(row.body, type=Saying)
        limit = costs.limit_of(row.type, saying.payload)
        if limit is not None:
            kept = CardRow(
                drawer=BUDGETS,
                name=f"{turn.peer}/{row.message_id}",
                body=msgspec.msgpack.encode(limit),
                created_at=turn.now,
                expires_at=turn.now + BUDGET_SECONDS,
            )
            turn.sheet.changes.append(Put(kept))
        self._weigh(turn, row.session_id, saying, policy)

    # --- telling the owner ---------------------------------------------------------------------

    def _weigh(
        self, turn: Turn, session_id: SessionId, said: Saying | Envelope, policy: Policy
    ) -> None:
        """Tell the owner of a message that is about more money than the policy's threshold."""
        threshold = policy.notify_owner.threshold_usd
        category = turn.talks[session_id].state.terms.intent.category
        if costs.at_stake(said.type, said.payload, category) <= threshold:
            return
        is_ours = isinstance(said, Saying)
        notice = Notice(
            kind="high_value_transaction",
            peer=turn.peer,
            session_id=session_id,
            message_id=said.message_id if isinstance(said, Saying) else said.id,
            fields={"type": known_type(said.type), "direction": "sent" if is_ours else "received"},
        )
        turn.sheet.notices.append(notice)

    def _tell(self, heard: Heard, kind: str, **fields: str | int) -> None:
        notice = Notice(
            kind=kind,
            peer=heard.turn.peer,
            session_id=heard.row.session_id,
            message_id=heard.envelope.id,
            fields={"type": known_type(heard.envelope.type), **fields},
        )
        heard.turn.sheet.notices.append(notice)


def _delivered(turn: Turn, before: Turn) -> list[Deliver]:
    """Return what this turn has heard since then."""
    new = turn.sheet.changes[len(before.sheet.changes) :]
    return [change for change in new if isinstance(change, Deliver)]


def _said(turn: Turn, before: Turn) -> list[OutgoingRow]:
    """Return the requests and answers that are new in this turn."""
    return [
        row
        for message_id, row in turn.sheet.rows.items()
        if row.type in {"request", "response", "status"}
        and message_id not in before.sheet.rows
        and message_id not in turn.sheet.loaded
    ]
