"""`python -m agentmesh_relay`, and the command `agentmesh-relay`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while we load ends us without a word

from agentmesh_relay.program import main

if __name__ == "__main__":
    main()
