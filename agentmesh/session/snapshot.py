"""A state to bytes and back. The first byte is the version; old versions are read for ever."""

import msgspec

from agentmesh.crypto.secret import pack, unpack
from agentmesh.errors import IntegrityError
from agentmesh.session.states import AnyState

VERSION = 1


_encoder = msgspec.msgpack.Encoder(enc_hook=pack)
_decoder: msgspec.msgpack.Decoder[AnyState] = msgspec.msgpack.Decoder(AnyState, dec_hook=unpack)


def save(state: AnyState) -> bytes:
    """Return a state's bytes. They hold keys: they are sealed before they are stored."""
    return bytes([VERSION]) + _encoder.encode(state)


def load(data: bytes) -> AnyState:
    """Return the state in `data`."""
    if data[:1] != bytes([VERSION]):
        raise IntegrityError("state_version", "This session was saved by another version.")
    try:
        return _decoder.decode(data[1:])
    except (msgspec.MsgspecError, ValueError, NotImplementedError):
        raise IntegrityError("state_malformed", "This session's state cannot be read.") from None
