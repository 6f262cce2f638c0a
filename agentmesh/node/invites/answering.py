"""Answers to joiners, each on its way by itself: one with a slow relay keeps nobody waiting."""

import asyncio
import logging
from typing import Self

from agentmesh.errors import AgentMeshError
from agentmesh.node.invites.letters import Letters
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.frames import Letter, ReplyKey
from agentmesh.protocol.ids import Amid

MAX_UNDER_WAY = 32
"""So many answers are on their way; who takes longest gives way to the next."""

log = logging.getLogger("agentmesh.node")


class Answering:
    """Sends answers for as long as it runs. One that gets lost is asked for again."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._under_way: dict[Amid, tuple[Letter, asyncio.Task[None]]] = {}
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.end()

    def send(self, peer: Amid, letter: Letter, reply_key: ReplyKey) -> None:
        """Send an answer, in place of another one to the same joiner that is on its way."""
        if peer in self._under_way:
            if self._under_way[peer][0] == letter:
                return
            self._give_up(peer)
        elif len(self._under_way) >= MAX_UNDER_WAY:
            self._give_up(next(iter(self._under_way)))
        task = self._tasks.start(self._send(peer, letter, reply_key))
        self._under_way[peer] = letter, task

    def _give_up(self, peer: Amid) -> None:
        _, task = self._under_way.pop(peer)
        task.cancel()

    async def _send(self, peer: Amid, letter: Letter, reply_key: ReplyKey) -> None:
        try:
            await self._letters.to_joiner(peer, letter, reply_key)
        except AgentMeshError as error:
            record(log, logging.INFO, "invite.unanswered", peer=peer, code=Code(error.code))
        except Exception as error:  # noqa: BLE001 (one answer must not end all the others)
            record_bug(log, "invite.bug", error, peer=peer)
        if peer in self._under_way and self._under_way[peer][0] is letter:
            del self._under_way[peer]
