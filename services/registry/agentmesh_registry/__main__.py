"""`python -m agentmesh_registry`, and the command `agentmesh-registry`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while we load ends us without a word

from agentmesh_registry.program import main

if __name__ == "__main__":
    main()
