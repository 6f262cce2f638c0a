"""When to make, publish, retire and erase prekeys: a plan, from what there is and what time it is.

A key is made, published, and only when its successor was published is it retired; from then on its
private half is kept for the grace and as long as a mailbox may hold what was sealed to it. One-time
prekeys count as retired once the registry has handed them out (it does so in the order of their
numbers). A number is used once, whatever the clock does.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

import msgspec

from agentmesh.protocol import limits

Kind = Literal["exchange", "signed", "kem", "one_time"]

KEPT_SECONDS = limits.PREKEY_GRACE_SECONDS + limits.MAILBOX_SECONDS
ROTATION_SECONDS: Mapping[Kind, int] = {
    "exchange": limits.EXCHANGE_KEY_ROTATION_SECONDS,
    "signed": limits.PREKEY_ROTATION_SECONDS,
    "kem": limits.PREKEY_ROTATION_SECONDS,
}
# Times further ahead than this were written by a clock that has been put back since.
AHEAD_SECONDS = 86400
# Whoever drains the registry again and again makes us keep no more than this; beyond it sessions
# begin without a one-time prekey.
MAX_ONE_TIME = 1000
# There are no numbers above 2**31. A registry that says that ours went further than halfway lies,
# or would leave us none; what it says is not believed.
MOST_BELIEVED = 2**30


class Held(Protocol):
    """A prekey that we keep, as the store has it."""

    @property
    def kind(self) -> Kind: ...

    @property
    def id(self) -> int: ...

    @property
    def created_at(self) -> float: ...

    @property
    def retired_at(self) -> float | None: ...

    @property
    def published(self) -> bool: ...


class Name(msgspec.Struct, frozen=True, order=True):
    """Which prekey."""

    kind: Kind
    id: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do now: make, save together with `last_ids`, publish; retire as of now; erase."""

    make: tuple[Name, ...]
    retire: tuple[Name, ...]
    erase: tuple[Name, ...]
    publish: bool
    last_ids: Mapping[Kind, int]


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan depends on besides the keys."""

    now: float
    last_ids: Mapping[Kind, int]
    """The highest number ever used by kind: ours, or the registry's if that is higher."""
    waiting: int | None = None
    """How many one-time prekeys the registry said it has, after our last upload; None: unknown."""
    time_is_known: bool = True
    """False while a relay or registry contradicts our clock: then nothing is erased."""


def plan(held: Sequence[Held], outlook: Outlook) -> Plan:
    """Return what is to be done with our prekeys."""
    by_kind: dict[Kind, list[Held]] = {kind: [] for kind in get_args(Kind)}
    for key in sorted(held, key=lambda each: each.id):
        by_kind[key.kind].append(key)
    make: list[Name] = []
    retire: list[Name] = []
    last_ids: dict[Kind, int] = {}
    for kind, keys in by_kind.items():
        last = max([outlook.last_ids.get(kind, 0), *(key.id for key in keys)])
        count = _due(kind, keys, outlook)
        make += [Name(kind, last + number) for number in range(1, count + 1)]
        last_ids[kind] = last + count
        retire += [_name(key) for key in _replaced(kind, keys, outlook)]
    return Plan(
        make=tuple(make),
        retire=tuple(retire),
        erase=tuple(_name(key) for key in held if _is_over(key, outlook)),
        publish=bool(make) or any(not key.published for key in _wanted(by_kind)),
        last_ids=last_ids,
    )


_SECONDS_BEFORE_2020 = 1_577_836_800


def next_sequence(last: int, now: float) -> int:
    """Return the number of the next statement of ours: the time in ms, but always a higher one."""
    return max(last + 1, int(now * 1000))


def ids_before(now: float) -> int:
    """Return a number that no id of ours has reached yet, though nothing is known of them.

    A store that was lost leaves ids behind that must not come again. Nobody makes a key each
    second for years, so the seconds are ahead of all ids counted up from an earlier such number.
    """
    return min(max(0, int(now) - _SECONDS_BEFORE_2020), MOST_BELIEVED)


def believed(number: int) -> int:
    """Return the highest number of ours that a registry says it has seen, 0 if that cannot be."""
    return number if 0 < number <= MOST_BELIEVED else 0


def _due(kind: Kind, keys: Sequence[Held], outlook: Outlook) -> int:
    """Return how many keys of a kind are to be made."""
    if kind == "one_time":
        return _one_time_due(keys, outlook)
    if not keys:
        return 1
    newest = keys[-1]
    if not newest.published:
        return 0  # nobody has seen it yet: a newer one would gain nothing
    age = outlook.now - newest.created_at
    return int(age >= ROTATION_SECONDS[kind] or age < -AHEAD_SECONDS)


def _one_time_due(keys: Sequence[Held], outlook: Outlook) -> int:
    # What the registry did not confirm goes out again exactly as it was; until then no more.
    if any(not key.published for key in keys):
        return 0
    waiting = outlook.waiting
    if waiting is None:
        waiting = limits.ONE_TIME_PREKEYS if keys else 0
    if waiting >= limits.ONE_TIME_PREKEYS_LOW:
        return 0
    return max(0, min(limits.ONE_TIME_PREKEYS - waiting, MAX_ONE_TIME - len(keys)))


def _replaced(kind: Kind, keys: Sequence[Held], outlook: Outlook) -> Sequence[Held]:
    """Return the keys whose time to be kept begins now."""
    misdated = [key for key in keys if _is_ahead(key.retired_at, outlook.now)]
    in_use = [key for key in keys if key.retired_at is None and key.published]
    if kind == "one_time":
        known = outlook.waiting is not None
        served = len(in_use) - (outlook.waiting or 0) if known else 0
        return [*misdated, *in_use[: max(0, served)]]
    old = [key for key in keys[:-1] if key.retired_at is None]
    return [*misdated, *(old if keys and keys[-1].published else ())]


def _is_over(key: Held, outlook: Outlook) -> bool:
    retired = key.retired_at
    return outlook.time_is_known and retired is not None and outlook.now >= retired + KEPT_SECONDS


def _is_ahead(time: float | None, now: float) -> bool:
    return time is not None and time > now + AHEAD_SECONDS


def _wanted(by_kind: Mapping[Kind, Sequence[Held]]) -> list[Held]:
    """Return the keys that the registry should have."""
    newest = [keys[-1] for kind, keys in by_kind.items() if kind != "one_time" and keys]
    return [*newest, *by_kind["one_time"]]


def _name(key: Held) -> Name:
    return Name(key.kind, key.id)
