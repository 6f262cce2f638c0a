"""Which frames of one direction have come, by their numbers: replays are known by them."""

import msgspec

from agentmesh.errors import CryptoError


class Window(msgspec.Struct, frozen=True, array_like=True):
    """All frames up to `highest` have come, but for the missing ones. A value."""

    highest: int = 0
    missing: tuple[int, ...] = ()

    def take(self, number: int, most_missing: int) -> "Window":
        """Return the window after this frame.

        Raises `CryptoError`: `frame_replayed`, or `excessive_skip` if too many would be missing.
        """
        if number <= self.highest:
            if number not in self.missing:
                raise CryptoError("frame_replayed")
            rest = tuple(other for other in self.missing if other != number)
            return Window(self.highest, rest)
        if len(self.missing) + number - self.highest - 1 > most_missing:
            raise CryptoError("excessive_skip")
        return Window(number, (*self.missing, *range(self.highest + 1, number)))
