"""The system's keyring as a place for the master secret: safe backends only, and never for long.

`keyring` may hand out backends that store in the clear (keyrings.alt) or drop what they are given
(null), and a locked desktop may wait for a person; hence the list, the read-back and the bound.
"""

import base64
import binascii
import queue
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError

SECONDS = 3.0
SERVICE = "agentmesh"
SAFE_BACKENDS = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)


class Backend(Protocol):
    """What we need of a backend of the `keyring` library."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class Keyring(Protocol):
    """A place that keeps secrets by name. Raises `UsageError` (`keyring_unavailable`)."""

    def write(self, name: str, secret: Secret) -> None:
        """Keep a secret; it has been read back when this returns."""

    def read(self, name: str) -> Secret | None:
        """Return a secret, or None if there is none of this name."""

    def erase(self, name: str) -> None:
        """Forget a secret, if it is there."""


T = TypeVar("T")


class SystemKeyring:
    """The keyring of the desktop or the operating system."""

    def __init__(self, find: Callable[[], Backend] | None = None, seconds: float = SECONDS) -> None:
        self._find = find or _system_backend
        self._seconds = seconds

    def write(self, name: str, secret: Secret) -> None:
        """Keep a secret; it has been read back when this returns."""
        text = base64.b64encode(secret.reveal()).decode()

        def work() -> bool:
            backend = _safe(self._find())
            backend.set_password(SERVICE, name, text)
            return backend.get_password(SERVICE, name) == text

        if not self._within(work):
            raise unavailable("it did not keep what it was given")

    def read(self, name: str) -> Secret | None:
        """Return a secret, or None if there is none of this name."""
        text = self._within(lambda: _safe(self._find()).get_password(SERVICE, name))
        if text is None:
            return None
        try:
            return Secret(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            return None

    def erase(self, name: str) -> None:
        """Forget a secret, if it is there."""
        self._within(lambda: _safe(self._find()).delete_password(SERVICE, name))

    def _within(self, work: Callable[[], T]) -> T:
        """Return what `work` returns. A thread that hangs is left behind: nothing can end it."""
        answers: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(work())
            except Exception as error:  # noqa: BLE001 - backends raise whatever their platform does
                answers.put(error)

        threading.Thread(target=run, name="keyring", daemon=True).start()
        try:
            answer = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise unavailable(f"it did not answer within {self._seconds:g} s") from None
        if isinstance(answer, UsageError):
            raise answer
        if isinstance(answer, Exception):
            # A backend's own words may quote what it was given.
            raise unavailable("it says that something went wrong") from None
        return answer


def unavailable(why: str) -> UsageError:
    """Return the error for a keyring that cannot be used."""
    return UsageError(
        "keyring_unavailable",
        f"The system's keyring cannot be used: {why}.",
        "Unlock it and try again, or choose --key-storage passphrase.",
    )


def _system_backend() -> Backend:
    # Looking for backends costs 100 ms and starts D-Bus: only who wants a keyring pays for it.
    import keyring  # noqa: PLC0415

    found = keyring.get_keyring()
    # Several usable backends come wrapped in one that asks them in turn, safe or not.
    inner = getattr(found, "backends", [found])
    return next((each for each in inner if _is_safe(each)), found)


def _safe(backend: Backend) -> Backend:
    if not _is_safe(backend):
        raise unavailable("there is none here that is known to be safe")
    return backend


def _is_safe(backend: object) -> bool:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}" in SAFE_BACKENDS
