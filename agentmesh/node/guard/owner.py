"""Telling the owner at once, as `notify_owner` says: a program, a webhook, a topic of ntfy's.

Nothing that is told says who, or what. While everything is stopped only the program is run: it is
on this machine.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from agentmesh.node.at_hand import AtHand
from agentmesh.node.guard.channel import Channel
from agentmesh.node.notices import Notice
from agentmesh.policy.document import NotifyOwner
from agentmesh.policy.telling import SENTENCES, TOLD, Topic, is_wanted, topic_of

COMMAND_SECONDS = 10.0
TITLE = {"Title": "AgentMesh", "Content-Type": "text/plain; charset=utf-8"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How a program is run, and how something is posted; both with an end."""

    run: Callable[[Sequence[str], float], Awaitable[int]]
    post: Callable[[str, bytes, Mapping[str, str]], Awaitable[bool]]


class Owner:
    """Listens to what happens, and tells what the policy wants told."""

    def __init__(self, hand: AtHand, telling: Telling) -> None:
        self._policy = hand.policy
        self._switches = hand.switches
        self._telling = telling
        self._command = Channel("command", self._run, hand.clock)
        self._webhook = Channel("webhook", self._hook, hand.clock)
        self._ntfy = Channel("ntfy", self._topic, hand.clock)
        self._stack = AsyncExitStack()
        hand.bulletin.listen(self._notice, TOLD)

    async def __aenter__(self) -> Self:
        for channel in (self._command, self._webhook, self._ntfy):
            await self._stack.enter_async_context(channel)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    def cut(self) -> None:
        """Let nothing leave this machine any more."""
        self._webhook.cut()
        self._ntfy.cut()

    def failing(self) -> list[str]:
        """Return the ways in use that did not work the last time."""
        ways = {
            self._command: bool(self._wanted.command),
            self._webhook: bool(self._wanted.webhook),
            self._ntfy: bool(self._wanted.ntfy),
        }
        return [way.name for way, is_used in ways.items() if is_used and way.is_failing]

    @property
    def _wanted(self) -> NotifyOwner:
        return self._policy().notify_owner

    def _notice(self, notice: Notice) -> None:
        topic = topic_of(notice.kind)
        if topic is None or not is_wanted(topic, wanted := self._wanted):
            return
        if wanted.command:
            self._command.say(topic)
        if self._switches.stopped:
            return
        if wanted.webhook:
            self._webhook.say(topic)
        if wanted.ntfy:
            self._ntfy.say(topic)

    async def _run(self, topic: Topic) -> bool:
        argv = self._wanted.command
        return not argv or await self._telling.run((*argv, SENTENCES[topic]), COMMAND_SECONDS) == 0

    async def _hook(self, topic: Topic) -> bool:
        body = json.dumps({"event": topic, "text": SENTENCES[topic]}).encode()
        return await self._post(self._wanted.webhook, body, JSON)

    async def _topic(self, topic: Topic) -> bool:
        return await self._post(self._wanted.ntfy, SENTENCES[topic].encode(), TITLE)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Post to where the owner wants it now; nothing leaves while everything is stopped."""
        if not url or self._switches.stopped:
            return True
        return await self._telling.post(url, body, headers)
