"""Where letters of invites come in: handed on at once, and bounded. Who sends says it again."""

import asyncio

from agentmesh.protocol.frames import Letter, LetterKind, SealedToReplyKey
from agentmesh.protocol.ids import Amid

MAX_WAITING = 32
"""So many joiners wait to be looked at, with one letter each; more are dropped."""
MAX_ANSWERS = 32
"""So many answers wait for a joiner of ours; more are dropped."""
TO_INVITER: frozenset[LetterKind] = frozenset({"join_ask", "join_proof"})

Answers = asyncio.Queue[tuple[Amid, SealedToReplyKey]]


class SideDoor:
    """Hands letters to the inviter's desk, and answers to whoever waits for them."""

    def __init__(self) -> None:
        self._letters: dict[Amid, Letter] = {}
        self._news = asyncio.Event()
        self._waiting: dict[str, Answers] = {}

    def takes(self, peer: Amid, letter: Letter) -> bool:
        """Whether this letter, sealed to our prekeys, is for the inviter's desk."""
        if letter.kind not in TO_INVITER:
            return False
        if peer in self._letters or len(self._letters) < MAX_WAITING:
            self._letters[peer] = letter
            self._news.set()
        return True

    async def next_letter(self) -> tuple[Amid, Letter]:
        """Return the last letter of the joiner who waits longest, once there is one."""
        while not self._letters:
            self._news.clear()
            await self._news.wait()
        peer = next(iter(self._letters))
        return peer, self._letters.pop(peer)

    def takes_answer(self, peer: Amid, frame: SealedToReplyKey) -> bool:
        """Whether somebody here waits for an answer to this reply key."""
        answers = self._waiting.get(frame.reply_key_id)
        if answers is None:
            return False
        if not answers.full():
            answers.put_nowait((peer, frame))
        return True

    def wait_for(self, reply_key_id: str) -> Answers:
        """Return where the answers to a reply key come from now on."""
        return self._waiting.setdefault(reply_key_id, asyncio.Queue(MAX_ANSWERS))

    def stop_waiting(self, reply_key_id: str) -> None:
        """Take no more answers to this key."""
        self._waiting.pop(reply_key_id, None)
