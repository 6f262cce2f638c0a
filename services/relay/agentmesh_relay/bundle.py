"""Letters that came together, were written together, and mostly are acknowledged together.

As long as they stay together they are one thing. Whatever happens to one of them alone breaks all
up into single deliveries, to which everything can happen.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Send
from agentmesh_relay.delivery import Delivery


class Bundle(NamedTuple):
    """Sends of one agent, under numbers that follow each other."""

    numbers: tuple[int, ...]
    sender: Amid
    sends: Sequence[Send]
    ids: frozenset[FrameId]
    size: int
    sent_at: int
    written_at: float

    def deliveries(self) -> Iterator[tuple[int, Delivery]]:
        """Return them one by one, with their numbers."""
        for number, send in zip(self.numbers, self.sends, strict=True):
            yield (
                number,
                Delivery(
                    self.sender,
                    send.id,
                    len(send.encrypted_payload),
                    send.want_acked,
                    self.written_at,
                    send=send,
                    sent_at=self.sent_at,
                ),
            )


class Bundles:
    """Those of one agent, in the order in which they were written."""

    __slots__ = ("_by_first", "_ids")

    def __init__(self) -> None:
        self._by_first: dict[int, Bundle] = {}
        self._ids: dict[Amid, set[FrameId]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def __len__(self) -> int:
        return sum(len(bundle.numbers) for bundle in self._by_first.values())

    def have_one_of(self, sender: Amid, ids: frozenset[FrameId]) -> bool:
        """Whether a letter of this sender with one of these ids is among them."""
        known = self._ids.get(sender)
        return known is not None and not known.isdisjoint(ids)

    def are_older_than(self, moment: float) -> bool:
        """Whether the first one was written before."""
        return any(bundle.written_at <= moment for bundle in self._by_first.values())

    def add(self, bundle: Bundle) -> None:
        """Know it."""
        self._by_first[bundle.numbers[0]] = bundle
        self._ids.setdefault(bundle.sender, set()).update(bundle.ids)

    def take(self, numbers: tuple[int, ...]) -> tuple[list[Bundle], tuple[int, ...]]:
        """Forget those which these numbers begin with; return them, and the numbers left over."""
        taken: list[Bundle] = []
        at = 0
        while at < len(numbers) and (bundle := self._by_first.get(numbers[at])) is not None:
            end = at + len(bundle.numbers)
            if numbers[at:end] != bundle.numbers:
                break
            self._forget(bundle)
            taken.append(bundle)
            at = end
        return taken, numbers[at:]

    def break_up(self) -> dict[int, Delivery]:
        """Forget all, and return their deliveries by number."""
        bundles = list(self._by_first.values())
        self._by_first.clear()
        self._ids.clear()
        return {number: one for bundle in bundles for number, one in bundle.deliveries()}

    def _forget(self, bundle: Bundle) -> None:
        del self._by_first[bundle.numbers[0]]
        known = self._ids[bundle.sender]
        known -= bundle.ids
        if not known:
            del self._ids[bundle.sender]
