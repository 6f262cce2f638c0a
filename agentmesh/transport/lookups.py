"""The names of relays that strangers chose are looked up apart: their name servers may be silent.

The loop looks names up in four threads, and one that nobody waits for any more is busy all the
same, for half a minute perhaps. A few silent names would keep us from our own relay and registry.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from agentmesh.errors import TransportError

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
"""What `getaddrinfo` says."""

MAX_LOOKUPS = 32


class Lookups:
    """Looks names up, a bounded number at a time. `look` is `getaddrinfo`, and may take long."""

    def __init__(self, look: Callable[..., Sequence[Found]] = socket.getaddrinfo) -> None:
        self._look = look
        self._busy = 0

    async def find(self, host: str, port: int) -> Sequence[Found]:
        """Return the addresses of a host."""
        if self._busy >= MAX_LOOKUPS:
            raise _too_many()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[Found]] = loop.create_future()

        def look() -> None:
            answer: Sequence[Found] | OSError
            try:
                answer = self._look(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                answer = error
            except UnicodeError:  # a part of it is empty, or too long
                answer = OSError(f"{host} is no name of a machine.")
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._answer, found, answer)

        # No pool: at its end a program would wait for those that nobody waits for any more.
        try:
            threading.Thread(target=look, name="relay-lookup", daemon=True).start()
        except RuntimeError:  # this machine gives us no more threads
            raise _too_many() from None
        self._busy += 1
        return await found

    def _answer(
        self, found: asyncio.Future[Sequence[Found]], answer: Sequence[Found] | OSError
    ) -> None:
        self._busy -= 1
        if found.done():  # nobody waits for it any more
            return
        if isinstance(answer, OSError):
            found.set_exception(answer)
        else:
            found.set_result(answer)


def _too_many() -> TransportError:
    return TransportError("relay_busy", "Too many names are being looked up.", "Try later.")
