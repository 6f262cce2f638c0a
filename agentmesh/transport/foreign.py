"""A connection to a relay that is not ours: it answers us, and brings us nothing.

A stranger chose it. What is for us comes through our own relay, which counts how much anybody says;
here anybody could be made to say anything, as often as the relay likes.
"""

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.relay_frames import Acked, FromAgent, FromRelay, Receive
from agentmesh.transport.channel import Channel

MAX_UNASKED = 1000
"""So many frames may come beyond one for each of ours: more than a relay has under way at once, to
whom we were an agent of its own. One that says more is hung up on."""


class ForeignChannel(Channel):
    """See `Channel`.

    What it brings is not acknowledged: whoever said it keeps it, and looks up again where we are.
    """

    _may_come = MAX_UNASKED

    def say(self, frame: FromAgent) -> None:
        """Write a frame; one may come back for it."""
        super().say(frame)
        self._may_come += 1

    def _take(self, frame: FromRelay) -> None:
        self._may_come -= 1
        if self._may_come < 0:
            raise RemoteProtocolError("relay_frame_out_of_turn")
        if not isinstance(frame, Receive | Acked):
            super()._take(frame)
