"""The joiner's side: four letters, within a minute. Nothing of a code leaves but what proves it."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self

from agentmesh.crypto.seal import make_reply_key
from agentmesh.errors import AgentMeshError, IntegrityError, TimedOut, TransportError, UsageError
from agentmesh.identity.invite_code import InviteCode
from agentmesh.node.consent.leave import Leave, insist
from agentmesh.node.invites.attempt import Attempt
from agentmesh.node.invites.letters import Letters
from agentmesh.node.invites.newcomers import Newcomers
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.observability.logs import record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.limits import JOIN_SECONDS

MAX_JOINING = 8
"""So many codes at once."""

Step = Literal["looking_up", "asked", "proved", "joined"]
log = logging.getLogger("agentmesh.node")


@dataclass
class Joining:
    """One code on its way; `news` is set whenever it got a step further."""

    code: InviteCode
    step: Step = "looking_up"
    error: AgentMeshError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.step == "joined" or self.error is not None

    def move(self, step: Step) -> None:
        """Go a step further, and tell."""
        self.step = step
        self.news.set()

    def fail(self, error: AgentMeshError) -> None:
        """End, and tell why."""
        self.error = error
        self.news.set()


class Joiner:
    """Joins by codes. Asked again for the same code, it tells how far it is."""

    def __init__(
        self, letters: Letters, side_door: SideDoor, newcomers: Newcomers, leave: Leave
    ) -> None:
        self._letters = letters
        self._side_door = side_door
        self._newcomers = newcomers
        self._leave = leave
        self._under_way: dict[str, Joining] = {}
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.end()

    async def join(self, code: InviteCode, seconds: float) -> Step:
        """Begin, or go on; return how far it is after so many seconds, or at its next step."""
        if code.inviter == self._letters.us.amid:
            raise UsageError("peer_is_ourselves", "That is an invite of this very agent.")
        if code.text not in self._under_way:
            insist(await self._leave.ask(code.inviter, b"", "owner"))
        joining = self._under_way.get(code.text) or self._begin(code)
        if not joining.is_over:
            joining.news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await joining.news.wait()
        if joining.is_over:
            self._under_way.pop(code.text, None)
        if joining.error is not None:
            raise joining.error
        return joining.step

    def _begin(self, code: InviteCode) -> Joining:
        over = [text for text, it in self._under_way.items() if it.is_over]
        for text in over:
            del self._under_way[text]
        if len(self._under_way) >= MAX_JOINING:
            raise TransportError("too_many_joins", "Too many codes are tried at once.", "Wait.")
        joining = self._under_way[code.text] = Joining(code)
        self._tasks.start(self._run(joining))
        return joining

    async def _run(self, joining: Joining) -> None:
        reply_key, secret = make_reply_key(self._letters.keys.ring.entropy)
        answers = self._side_door.wait_for(secret.id)
        attempt = Attempt(self._letters, joining.code, secret, answers)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await attempt.look_up()
                joining.move("asked")
                await attempt.ask(reply_key)
                joining.move("proved")
                name = await attempt.prove()
                await self._newcomers.welcome(joining.code.inviter, name)
            joining.move("joined")
        except TimeoutError:
            joining.fail(_no_answer(joining.step))
        except AgentMeshError as error:
            joining.fail(error)
        except Exception as error:  # noqa: BLE001 (who waits is told that it is over)
            record_bug(log, "join.bug", error)
            joining.fail(_bug())
        finally:
            self._side_door.stop_waiting(secret.id)


def _bug() -> AgentMeshError:
    return IntegrityError("internal_error", "A bug of ours.", "Please report it.")


def _no_answer(step: Step) -> TimedOut:
    if step == "looking_up":
        return TimedOut("registry_unreachable", "The inviter could not be looked up in time.")
    return TimedOut(
        "invite_no_answer",
        "The inviter does not answer.",
        "Is its daemon up, and the code as it was given? It may be tried again.",
    )
