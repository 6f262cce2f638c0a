"""A connection to a relay that is not ours: it answers us, and brings us nothing.

A stranger chose it. What is for us comes through our own relay, which counts how much anybody says;
here anybody could be made to say anything, as often as the relay likes.
"""

from agentmesh.protocol.relay_frames import Acked, FromAgent, FromRelay, Receive
from agentmesh.transport.channel import Channel

ANSWER_BYTES = 256
"""What an answer may take; a frame that is smaller counts as much."""
MAX_UNASKED_BYTES = 4 * 1024 * 1024
"""So much may come beyond an answer to each frame of ours: more than a relay has under way at once,
to whom we were an agent of its own. One that says more is hung up on."""


class ForeignChannel(Channel):
    """See `Channel`.

    What it brings is not acknowledged: whoever said it keeps it, and looks up again where we are.
    """

    _may_come = MAX_UNASKED_BYTES

    def say(self, frame: FromAgent) -> None:
        """Write a frame; an answer may come back for it."""
        super().say(frame)
        self._may_come += ANSWER_BYTES

    def _hear(self, data: bytes) -> None:
        self._may_come -= max(len(data), ANSWER_BYTES)
        if self._may_come < 0:
            self._hang_up()
        super()._hear(data)

    def _take(self, frame: FromRelay) -> None:
        if not isinstance(frame, Receive | Acked):
            super()._take(frame)
