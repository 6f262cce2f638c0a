"""Code that nobody calls: `python -m tests.architecture.dead_code` lists it and fails.

Only functions, methods, properties and classes are looked at: fields of messages are read by the
other side, and arguments belong to interfaces. What tests alone use is dead too.
"""

import sys

from vulture.core import Item, Vulture

from tests.architecture.tree import ROOT

KINDS = {"function", "method", "property", "class"}
SOURCES = ("agentmesh", "services", "benchmarks")

# Called from outside, by these names: entry points, libraries' callbacks, the public API.
CALLED_FROM_OUTSIDE = [
    "main",
    "on_ws_*",  # picows, and the next two
    "pause_writing",
    "resume_writing",
    "connection_made",  # asyncio, and the next one
    "data_received",
    "_process_msg",  # nats-py
    "handle_error",  # aiohttp
    "list_commands",  # click, and the next two
    "get_command",
    "format_commands",
    "add_contact",  # the Python API
    "__getattr__",  # Python, for what a module does not have yet
    "private_bytes*",  # cryptography's interface of a key
    "_generate_priv",  # doubleratchet, and the next two
    "_derive_pub",
    "_perform_diffie_hellman",
    "VolatileStore",  # the model that the store on disk is compared with
    "upgrade",  # alembic
    "downgrade",
]
DECORATORS = ["@command", "@group", "@*.command", "@*.group", "@*.get", "@*.post", "@*.middleware"]


def dead() -> list[Item]:
    """Return what nobody uses."""
    vulture = Vulture(ignore_names=CALLED_FROM_OUTSIDE, ignore_decorators=DECORATORS)
    vulture.scavenge([str(ROOT / source) for source in SOURCES])
    return [item for item in vulture.get_unused_code(min_confidence=60) if item.typ in KINDS]


if __name__ == "__main__":
    found = dead()
    for item in found:
        print(item.get_report())
    sys.exit(bool(found))
