"""Letters that came together, were written together, and mostly are acknowledged together.

As long as they stay together they are one thing. Whatever happens to one of them alone breaks all
up into single deliveries, to which everything can happen.
"""

from collections.abc import Iterator, Sequence, Set

import msgspec

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Send
from agentmesh_relay.delivery import Delivery


class Bundle(msgspec.Struct, gc=False):
    """Sends of one agent: without numbers first, under numbers that follow each other later.

    What all have in common is known: `names` are their ids in one piece if these are ASCII and of
    one size, `each` is the size of each payload if it is the same for all.
    """

    sender: Amid
    sends: Sequence[Send]
    sent_at: int
    ids: list[FrameId]
    names: str
    payloads: list[bytes]
    size: int
    each: int | None
    numbers: tuple[int, ...] = ()
    written_at: float = 0.0

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


def bundled(sender: Amid, sends: Sequence[Send], sent_at: int) -> Bundle:
    """Return sends that came together at this time."""
    ids = [send.id for send in sends]
    payloads = [send.encrypted_payload for send in sends]
    sizes = list(map(len, payloads))
    each = sizes[0] if sizes.count(sizes[0]) == len(sizes) else None
    return Bundle(sender, sends, sent_at, ids, in_one_piece(ids), payloads, sum(sizes), each)


def in_one_piece(ids: Sequence[FrameId]) -> str:
    """Return ids one after the other if they are ASCII and of one size, else nothing."""
    sizes = list(map(len, ids))
    names = "".join(ids) if sizes.count(sizes[0]) == len(sizes) else ""
    return names if names.isascii() else ""


class Bundles:
    """Those of one agent, in the order in which they were written."""

    __slots__ = ("_by_first",)

    def __init__(self) -> None:
        self._by_first: dict[int, Bundle] = {}

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def __len__(self) -> int:
        return sum(len(bundle.numbers) for bundle in self._by_first.values())

    def have_one_of(self, sender: Amid, ids: Set[FrameId]) -> bool:
        """Whether a letter of this sender with one of these ids is among them."""
        for bundle in self._by_first.values():
            if bundle.sender == sender and not ids.isdisjoint(bundle.ids):
                return True
        return False

    def are_older_than(self, moment: float) -> bool:
        """Whether the first one was written before."""
        return any(bundle.written_at <= moment for bundle in self._by_first.values())

    def add(self, bundle: Bundle) -> None:
        """Know it."""
        self._by_first[bundle.numbers[0]] = bundle

    def take(self, numbers: tuple[int, ...]) -> tuple[list[Bundle], tuple[int, ...]]:
        """Forget those which these numbers begin with; return them, and the numbers left over."""
        taken: list[Bundle] = []
        at = 0
        while at < len(numbers) and (bundle := self._by_first.get(numbers[at])) is not None:
            end = at + len(bundle.numbers)
            if numbers[at:end] != bundle.numbers:
                break
            del self._by_first[numbers[at]]
            taken.append(bundle)
            at = end
        return taken, numbers[at:]

    def break_up(self) -> dict[int, Delivery]:
        """Forget all, and return their deliveries by number."""
        bundles = list(self._by_first.values())
        self._by_first.clear()
        return {number: one for bundle in bundles for number, one in bundle.deliveries()}
