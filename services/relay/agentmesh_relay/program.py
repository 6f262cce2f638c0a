"""`agentmesh-relay`: from the command line to a running relay, and an exit code."""

import asyncio
import gc
import os
import sys
from typing import NoReturn

import uvloop

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.logs import write_logs
from agentmesh.observability.world import SystemClock, keep_freed_memory, system_entropy
from agentmesh_relay.app import serve
from agentmesh_relay.config import config_from
from agentmesh_relay.registry.identity import line_of

EXIT_USAGE = 2
EXIT_TRY_AGAIN = 75

COLLECT_AFTER = 2500
"""New objects until the collector looks for rings among these: nobody waits for more at once."""

ROUNDS_TO_OLDER = 400
"""Then it looks among all that have come since the last time, too: a relay makes few rings."""

SWITCH_SECONDS = 0.001
"""How long the mailbox's thread waits for its turn while the loop is busy."""


def main() -> NoReturn:
    """Run a relay until it is told to stop."""
    write_logs()
    try:
        config = config_from(sys.argv[1:], os.environ)
        if config.shows_key:
            sys.stdout.write(line_of(config, system_entropy) + "\n")
            sys.exit(0)
        _make_way()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(config, SystemClock(), system_entropy))
    except AgentMeshError as error:
        sys.stderr.write(f"agentmesh-relay: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  {error.hint}\n")
        sys.exit(EXIT_USAGE if isinstance(error, UsageError) else EXIT_TRY_AGAIN)
    sys.exit(0)


def _make_way() -> None:
    """See to it that the loop is seldom held up: by collector, mailbox or system."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, ROUNDS_TO_OLDER, 50)
    sys.setswitchinterval(SWITCH_SECONDS)
    keep_freed_memory()
