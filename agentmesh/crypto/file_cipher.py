"""The chunks of one file, and what its receiver says of them: AES-256-GCM under keys of their own.

The offer brings a drawn key inside the session; from it follow one key for each direction. The
nonce is drawn: a source that was edited, or a daemon restored from a backup, would count it twice.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.padding import pad_frame, unpad
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.file_frames import FileAck, FileChunk, encode
from agentmesh.protocol.ids import FileId
from agentmesh.protocol.world import Entropy

NONCE_BYTES = 12
OVERHEAD = NONCE_BYTES + 16


@dataclass(frozen=True, slots=True)
class FileCipher:
    """What seals and opens the frames of one file; `root` and `count` are those of its offer."""

    file_id: FileId
    root: bytes
    count: int
    _chunks: AESGCM
    _acks: AESGCM

    @classmethod
    def of(cls, key: Secret, file_id: FileId, root: bytes, count: int) -> "FileCipher":
        """Return the cipher of a file that was offered with this key."""
        context = join(file_id.encode())
        chunks = derive(key, Label.FILE_CHUNKS, context=context)
        acks = derive(key, Label.FILE_ACKS, context=context)
        return cls(file_id, root, count, AESGCM(chunks.reveal()), AESGCM(acks.reveal()))

    def seal_chunk(self, index: int, data: bytes, entropy: Entropy) -> bytes:
        """Return the frame that carries a chunk."""
        bare = len(encode(FileChunk(file_id=self.file_id, index=index, box=b"")))
        box = _seal(self._chunks, pad_frame(data, bare, OVERHEAD), self._place(index), entropy)
        return encode(FileChunk(file_id=self.file_id, index=index, box=box))

    def open_chunk(self, frame: FileChunk) -> bytes:
        """Return a chunk, or raise `CryptoError`: it is not the one of this place in this file."""
        return _open(self._chunks, frame.box, self._place(frame.index))

    def seal_ack(self, said: bytes, entropy: Entropy) -> bytes:
        """Return the frame that carries the receiver's word."""
        bare = len(encode(FileAck(file_id=self.file_id, box=b"")))
        box = _seal(self._acks, pad_frame(said, bare, OVERHEAD), self._file(), entropy)
        return encode(FileAck(file_id=self.file_id, box=box))

    def open_ack(self, frame: FileAck) -> bytes:
        """Return the receiver's word, or raise `CryptoError`."""
        return _open(self._acks, frame.box, self._file())

    def _file(self) -> bytes:
        return join(self.file_id.encode(), self.root, _u32(self.count))

    def _place(self, index: int) -> bytes:
        return join(self.file_id.encode(), self.root, _u32(self.count), _u32(index))


def _seal(cipher: AESGCM, padded: bytes, aad: bytes, entropy: Entropy) -> bytes:
    box = bytearray(len(padded) + OVERHEAD)
    box[:NONCE_BYTES] = nonce = entropy(NONCE_BYTES)
    cipher.encrypt_into(nonce, padded, aad, memoryview(box)[NONCE_BYTES:])
    return box  # type: ignore[return-value]  # is encoded at once; a chunk is too large to copy


def _open(cipher: AESGCM, box: bytes, aad: bytes) -> bytes:
    if len(box) < OVERHEAD:
        raise CryptoError("box_invalid")
    try:
        return unpad(cipher.decrypt(box[:NONCE_BYTES], memoryview(box)[NONCE_BYTES:], aad))
    except InvalidTag:
        raise CryptoError("box_invalid") from None


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")
