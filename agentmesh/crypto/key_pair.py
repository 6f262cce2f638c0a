"""A key of ours that has a number: an exchange key or a prekey."""

import msgspec

from agentmesh.crypto.secret import Secret


class KeyPair(msgspec.Struct, frozen=True):
    """A numbered key with both halves; the private half of a KEM key is its seed."""

    id: int
    public: bytes
    private: Secret
