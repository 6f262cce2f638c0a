"""A state to bytes and back. The first byte is the version; old versions are read for ever."""

from collections.abc import Callable
from typing import Any

import msgspec

from agentmesh.crypto import cipher
from agentmesh.crypto.secret import pack, unpack
from agentmesh.errors import IntegrityError
from agentmesh.session.states import AnyState, Knocking

VERSION = 2


_encoder = msgspec.msgpack.Encoder(enc_hook=pack)
_decoder: msgspec.msgpack.Decoder[AnyState] = msgspec.msgpack.Decoder(AnyState, dec_hook=unpack)


def save(state: AnyState) -> bytes:
    """Return a state's bytes. They hold keys: they are sealed before they are stored."""
    return bytes([VERSION]) + _encoder.encode(state)


def load(data: bytes) -> AnyState:
    """Return the state in `data`."""
    read = _READERS.get(data[:1])
    if read is None:
        raise IntegrityError("state_version", "This session was saved by another version.")
    try:
        return read(data[1:])
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, NotImplementedError):
        raise IntegrityError("state_malformed", "This session's state cannot be read.") from None


def _from_version_1(data: bytes) -> AnyState:
    """Return a state of the time when there was one suite, and ciphers did not name it."""
    saved: dict[str, Any] = msgspec.msgpack.decode(data, type=dict[str, Any])
    if saved["type"] == Knocking.__name__:
        saved["asked"] = {"suite": saved.pop("suite"), "root": saved.pop("root")}
    if saved.get("cipher") is not None:
        saved["cipher"] = cipher.from_version_1(saved["cipher"])
    state: AnyState = msgspec.convert(saved, AnyState, dec_hook=unpack)
    return state


_READERS: dict[bytes, Callable[[bytes], AnyState]] = {
    b"\x01": _from_version_1,
    bytes([VERSION]): _decoder.decode,
}
