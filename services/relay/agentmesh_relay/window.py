"""What was written to an agent and not acknowledged yet, and how much that may be."""

from collections.abc import Iterable, Iterator

from agentmesh_relay.bundle import Bundle, Bundles
from agentmesh_relay.delivery import Delivery

WINDOW_MESSAGES = 256
WINDOW_BYTES = 192 * 1024
"""Less than a connection's outgoing buffer: deliveries alone never have a reader cut off."""

CALM_MESSAGES = 128
CALM_BYTES = 64 * 1024
"""Below it an agent that has no room for a letter reads nothing at all, and is cut off."""


class Window:
    """Deliveries by number, in the order in which they were written. Bulk counts for itself.

    `bundles` are letters that are still together; whoever needs each by itself breaks them up.
    """

    __slots__ = ("_bytes", "_letters", "_written", "bundles")

    def __init__(self) -> None:
        self.bundles = Bundles()
        self._written: dict[int, Delivery] = {}
        self._letters = 0
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._written) or bool(self.bundles)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._written.values())

    @property
    def is_full(self) -> bool:
        """Whether there are as many letters as may be."""
        return self._letters >= WINDOW_MESSAGES

    def has_room(self, size: int) -> bool:
        """Whether a letter of this size may be written; the first one always may."""
        return not self or self._bytes + size <= WINDOW_BYTES

    def is_calm_with(self, letters: int, size: int) -> bool:
        """Whether little is under way even with these."""
        return self._letters + letters <= CALM_MESSAGES and self._bytes + size <= CALM_BYTES

    def add(self, number: int, delivery: Delivery) -> None:
        """Know that it was written under this number."""
        self._written[number] = delivery
        if not delivery.is_bulk:
            self._letters += 1
            self._bytes += delivery.size

    def add_bundle(self, bundle: Bundle) -> None:
        """Know that these were written together."""
        self.bundles.add(bundle)
        self._letters += len(bundle.numbers)
        self._bytes += bundle.size

    def break_up(self) -> Iterable[Delivery]:
        """Have each delivery by itself, and return those that were not."""
        single = self.bundles.break_up()
        if single:
            self._written = dict(sorted((self._written | single).items()))
        return single.values()

    def take(self, numbers: Iterable[int]) -> list[Delivery]:
        """Forget these, and return what they are. Numbers of others do nothing."""
        pop = self._written.pop
        return [delivery for number in numbers if (delivery := pop(number, None)) is not None]

    def let_go(self, letters: int, size: int) -> None:
        """Have room for so much more."""
        self._letters -= letters
        self._bytes -= size
