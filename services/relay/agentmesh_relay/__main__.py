"""`agentmesh-relay`: from the command line to a running relay, and an exit code."""

import asyncio
import sys
from typing import NoReturn

import uvloop

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.logs import write_logs
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh_relay.app import serve
from agentmesh_relay.config import config_from

EXIT_USAGE = 2
EXIT_TRY_AGAIN = 75


def main() -> NoReturn:
    """Run a relay until it is told to stop."""
    write_logs()
    try:
        config = config_from(sys.argv[1:])
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(config, SystemClock(), system_entropy))
    except AgentMeshError as error:
        sys.stderr.write(f"agentmesh-relay: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  {error.hint}\n")
        sys.exit(EXIT_USAGE if isinstance(error, UsageError) else EXIT_TRY_AGAIN)
    sys.exit(0)


if __name__ == "__main__":
    main()
