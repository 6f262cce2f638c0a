"""What we ask of an Olm library, and which one is installed.

States go in and come out as pickles, so that a library's mutable objects look like values. Nothing
encrypts them here: they are protected by the vault that seals every saved state. The libraries draw
their own randomness.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Protocol

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import Refused

VODOZEMAC, LIBOLM = "vodozemac", "libolm"


class Account(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Our Olm keys of one session that is being asked for, and the library that reads them."""

    library: str
    pickle: Secret
    identity: bytes
    one_time: bytes


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A session towards a peer's keys: its state, our key in it, and the first message."""

    pickle: Secret
    identity: bytes
    message: bytes


First = Callable[[bytes], bytes]
"""What a first message says, from our own key in the session."""


class Library(Protocol):
    """An Olm library. What it refuses is a `CryptoError` (`olm_refused`)."""

    @property
    def name(self) -> str:
        """What a saved state calls it."""

    def make_account(self) -> Account:
        """Return fresh keys."""

    def begin(self, identity: bytes, one_time: bytes, first: First) -> Begun:
        """Return a session towards these keys, and its first message."""

    def join(self, account: Secret, identity: bytes, message: bytes) -> tuple[Secret, bytes]:
        """Return the session that this first message began, and what is in the message."""

    def encrypt(self, session: Secret, plaintext: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and an ordinary message."""

    def decrypt(self, session: Secret, message: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and what is in an ordinary message."""


_MODULES = {
    VODOZEMAC: "agentmesh.crypto.olm.with_vodozemac",
    LIBOLM: "agentmesh.crypto.olm.with_libolm",
}
"""The first one that is installed begins new sessions."""


@cache
def named(name: str) -> Library | None:
    """Return a library; None if it is not installed."""
    try:
        module = importlib.import_module(_MODULES[name])
    except ImportError:
        return None
    library: Library = module.LIBRARY
    return library


def is_installed() -> bool:
    """Whether there is any."""
    return any(named(name) for name in _MODULES)


def best() -> Library:
    """Return the library for new sessions."""
    for name in _MODULES:
        library = named(name)
        if library is not None:
            return library
    raise Refused(
        "suite_unavailable",
        "olm.v1 needs a package that is not installed here.",
        "pip install 'agentmesh-openclaw[olm]'",
    )
