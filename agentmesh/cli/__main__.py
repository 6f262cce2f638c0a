"""`python -m agentmesh.cli`, and the command `agentmesh`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while we load ends us without a word

from agentmesh.cli.main import main

if __name__ == "__main__":
    main()
