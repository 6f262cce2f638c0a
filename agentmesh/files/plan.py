"""A file cut into chunks: how many there are, where each lies and how long it is."""

from dataclasses import dataclass

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import FILE_CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file of this size is cut. All chunks are full but the last; an empty file has none."""

    size: int

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return -(-self.size // FILE_CHUNK_BYTES)

    def offset(self, index: int) -> int:
        """Return where a chunk begins."""
        return index * FILE_CHUNK_BYTES

    def length(self, index: int) -> int:
        """Return how long a chunk is, or blame the peer: there is none of this index."""
        if not 0 <= index < self.count:
            raise RemoteProtocolError("chunk_out_of_range")
        return min(FILE_CHUNK_BYTES, self.size - self.offset(index))

    def bytes_in(self, chunks: int, *, with_last: bool) -> int:
        """Return how many bytes so many chunks are, the last one among them or not."""
        if not with_last or not chunks:
            return chunks * FILE_CHUNK_BYTES
        return (chunks - 1) * FILE_CHUNK_BYTES + self.length(self.count - 1)
