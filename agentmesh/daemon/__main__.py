"""The daemon's process: `python -m agentmesh.daemon`. Started by `agentmesh up` and `daemon`."""

import signal
import sys


def main() -> int:
    """Run the daemon; return its exit code."""
    # Who says stop before there is anything to put in order gets that, and no traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from agentmesh.daemon import process  # noqa: PLC0415 (it takes a while)

    return process.main()


if __name__ == "__main__":
    sys.exit(main())
