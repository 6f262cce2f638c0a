"""A clock that moves when it is told to, and randomness that repeats."""

import hashlib


class FakeClock:
    """Stands still until it is moved; `jump` moves only the clock on the wall."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        self._now += seconds


class FakeEntropy:
    """The same bytes for the same name, never twice the same in one run."""

    def __init__(self, name: str = "entropy") -> None:
        self._state = name.encode()

    def __call__(self, count: int) -> bytes:
        self._state = hashlib.sha512(self._state).digest()
        return hashlib.shake_256(self._state).digest(count)
