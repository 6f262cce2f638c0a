"""How long a test waits for what must come true: a bound for machines that are slow and busy."""

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
_PAUSE = 0.01


async def until(question: Callable[[], object]) -> None:
    """Wait until the answer is true, or say that it never came true."""
    for _ in range(int(PATIENCE / _PAUSE)):
        if question():
            return
        await asyncio.sleep(_PAUSE)
    raise AssertionError("it never came true")
