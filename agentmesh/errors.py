"""Every error of AgentMesh, by what the caller does next.

    AgentMeshError
    ├── UsageError           fix the call
    ├── NotPermitted         ask the owner, or let it be
    ├── Refused              the peer or a policy said no: do not repeat unchanged
    ├── TrustError           a key is unverified or changed: the owner must look
    ├── NeedsOwner           wait for the owner's approval
    ├── IntegrityError       what is stored or received is damaged: stop using it
    │   ├── StorageError     stop: nothing may be sent that was not saved
    │   └── CryptoError      drop the message, tell nobody why
    ├── RemoteProtocolError  drop the frame, count it against the peer
    ├── TimedOut             it may still happen; ask for the outcome later
    └── TransportError       retry, or try another way
        └── NotRunning       start the daemon

`code` is one stable word, safe to show to anybody. `message` and `hint` are for people. Who asks
for several things at once learns `at`: which of them it is about, from 1 (0: no one of them), and
`done`: how many of them are done all the same.
"""

from collections.abc import Iterable

Words = Iterable[tuple[type[BaseException] | tuple[type[BaseException], ...], str]]
"""Kinds of failure and what each is called; a kind stands before those that it is a kind of."""


def in_words(error: BaseException, known: Words, otherwise: str) -> str:
    """Return for people why something failed: nobody is helped by the name of a Python class."""
    return next((words for kind, words in known if isinstance(error, kind)), otherwise)


def plain(code: str) -> str:
    """Return a code as people read it."""
    return code.replace("_", " ")


class AgentMeshError(Exception):
    """What went wrong: a stable code, and for people why and what to do next."""

    def __init__(self, code: str, message: str = "", hint: str = "", *, at: int = 0) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or plain(code)
        self.hint = hint
        self.at = at
        self.done = 0


class UsageError(AgentMeshError):
    """The call was wrong: fix it."""


class NotPermitted(AgentMeshError):
    """This caller may not do that."""


class Refused(AgentMeshError):
    """The peer or a policy said no."""


class TrustError(AgentMeshError):
    """A key is unverified or has changed."""


class NeedsOwner(AgentMeshError):
    """The owner has to approve first."""


class IntegrityError(AgentMeshError):
    """What is stored or received is damaged."""


class StorageError(IntegrityError):
    """Nothing may be sent that was not saved."""


class CryptoError(IntegrityError):
    """A secret, a signature or a ciphertext does not fit."""


class RemoteProtocolError(AgentMeshError):
    """The other side broke the protocol."""


class TimedOut(AgentMeshError):
    """The time was over before the answer came."""


class TransportError(AgentMeshError):
    """There is no way through at the moment."""


class NotRunning(TransportError):
    """The daemon does not answer."""
