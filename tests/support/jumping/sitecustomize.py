"""Python runs this first where its folder is on the path: a file says how wrong the wall clock is.

That may change at any time, as if somebody set the machine's clock; timers go on as they were.
"""

import os
import time
from pathlib import Path

_offset = Path(os.environ["TESTS_CLOCK_OFFSET"])
_true = time.time


def _time() -> float:
    return _true() + float(_offset.read_text())


time.time = _time
