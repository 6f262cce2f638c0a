"""Ports for programs that have to be told theirs before they listen."""

import random
import socket

LOW_PORTS, HIGH_PORTS = 20_000, 32_000
"""Below the ports of outgoing connections: nobody else takes ours while its program is down."""
_luck = random.SystemRandom()
"""Of no seed: two runs of one seed may be at work at once."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    while True:
        port = _luck.randrange(LOW_PORTS, HIGH_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
