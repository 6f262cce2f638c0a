"""The daemon's process: `python -m agentmesh.daemon`. Started by `agentmesh up` and `daemon`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while we load ends us without a word

from agentmesh.daemon.process import main

if __name__ == "__main__":
    sys.exit(main())
