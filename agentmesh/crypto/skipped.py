"""Message keys of frames that were skipped, by the frame's number: as few and as short as can be.

A run of missing frames is one `Gap`. A frame that is not above the highest and in no gap was opened
before, or given up: nothing else has to be remembered to know a replay.
"""

import msgspec

from agentmesh.crypto.kdf import KEY_BYTES
from agentmesh.crypto.secret import Secret
from agentmesh.protocol.limits import SKIPPED_KEY_SECONDS


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """A run of missing frames: the first one's number, when it was skipped, and the keys.

    No missing frame is of an earlier post-quantum epoch than `epoch`.
    """

    first: int
    at: float
    epoch: int
    keys: Secret

    def __len__(self) -> int:
        return len(self.keys.reveal()) // KEY_BYTES


Gaps = tuple[Gap, ...]


def count(gaps: Gaps) -> int:
    """Return how many frames are missing."""
    return sum(map(len, gaps))


def take(gaps: Gaps, frame: int) -> tuple[Gaps, Secret] | None:
    """Return a missing frame's key and the gaps without it; None if it is not missing."""
    for index, gap in enumerate(gaps):
        position = frame - gap.first
        if 0 <= position < len(gap):
            before, key, after = _split(gap.keys.reveal(), position)
            left = Gap(gap.first, gap.at, gap.epoch, Secret(before))
            right = Gap(frame + 1, gap.at, gap.epoch, Secret(after))
            rest = tuple(part for part in (left, right) if len(part))
            return gaps[:index] + rest + gaps[index + 1 :], Secret(key)
    return None


def forget_old(gaps: Gaps, now: float) -> Gaps:
    """Return the gaps without those whose time is over."""
    return tuple(gap for gap in gaps if now - gap.at <= SKIPPED_KEY_SECONDS)


def _split(keys: bytes, position: int) -> tuple[bytes, bytes, bytes]:
    start, end = position * KEY_BYTES, (position + 1) * KEY_BYTES
    return keys[:start], keys[start:end], keys[end:]
