"""Many connections need many descriptors, and more ports than one address has."""

import contextlib
import resource

PER_ADDRESS = 500
PLENTY = 65_536


def raise_limit() -> None:
    """Let this process, and those it starts, open as much as it is allowed to."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, PLENTY), max(hard, PLENTY)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def source(number: int) -> str:
    """Return the loopback address from which the connection of this number comes."""
    block = number // PER_ADDRESS
    return f"127.0.{1 + block // 250}.{1 + block % 250}"
