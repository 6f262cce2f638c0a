"""What a relay must have to itself: its data folder, its port, enough file descriptors."""

import errno
import fcntl
import resource
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentmesh.errors import AgentMeshError, StorageError, TransportError, UsageError
from agentmesh_relay.config import Address, Tls

BACKLOG = 4096
SEND_BUFFER_BYTES = 256 * 1024
"""What the system may hold for one reader: by itself it would take megabytes."""

UNTAKEN_MILLISECONDS = 8000
"""After this the system ends a connection whose other side takes nothing of what waits for it."""

OWN_DESCRIPTORS = 256
"""What a relay opens beside connections of agents: files, NATS, the private port."""


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Make the folder if it is not there, and hold its lock."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (path / "relay.lock").open("w")
    except OSError as error:
        raise unusable(path, error) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageError(
                "data_in_use",
                f"Another relay works in {path}.",
                "Stop it first, or give this one a folder of its own with --data DIR.",
            ) from None
        yield path


def unusable(path: Path, error: OSError) -> AgentMeshError:
    """Return what the system's error means for who runs a relay."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError(
            "disk_full",
            f"The disk has no room for {path}.",
            "Make space there and start again, or name a folder on another disk with --data DIR.",
        )
    return UsageError(
        "data_not_writable",
        f"{path} cannot be written: {error.strerror}.",
        "Choose another folder with --data DIR, or give this user leave to write there.",
    )


def listening_socket(address: Address) -> socket.socket:
    """Return a bound socket; what it says of readers holds for every connection it accepts."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        bound = socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)
        return bound
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TransportError(
                "address_in_use",
                f"Something listens on {address} already.",
                "Stop it, or choose another port with --listen or --admin (0: any free one).",
            ) from None
        raise UsageError(
            "address_not_usable",
            f"This machine cannot listen on {address}: {error.strerror}.",
            "Name an address of this machine, e.g. 127.0.0.1:8765.",
        ) from None


def tls_context(tls: Tls | None) -> ssl.SSLContext | None:
    """Return what the server needs to speak TLS."""
    if tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError):
        raise UsageError(
            "certificate_not_usable",
            f"{tls.certificate} and {tls.key} are not a certificate with its key.",
            "Both are PEM files; the certificate file holds the whole chain.",
        ) from None
    return context


def raise_descriptor_limit() -> int:
    """Let this process open as many connections as the system allows, and return how many.

    Beyond, the system lets nobody in, and does not say so: who counts has to stop before.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(hard - OWN_DESCRIPTORS, 1) if hard != resource.RLIM_INFINITY else sys.maxsize
