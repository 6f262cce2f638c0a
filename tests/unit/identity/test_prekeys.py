"""When prekeys are made, published, retired and erased."""

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.identity.prekeys import (
    KEPT_SECONDS,
    MAX_ONE_TIME,
    Kind,
    Name,
    Outlook,
    Plan,
    next_sequence,
    plan,
)

DAY = 86400.0
START = 1_800_000_000.0


class Key(msgspec.Struct, kw_only=True):
    kind: Kind
    id: int
    created_at: float
    retired_at: float | None = None
    published: bool = False


class Node:
    """Does what the plan says, beside a registry that hands out one-time prekeys in order."""

    def __init__(self) -> None:
        self.now = START
        self.keys: dict[Name, Key] = {}
        self.last_ids: dict[Kind, int] = {}
        self.shelf: list[int] = []
        self.online = True
        self.ever: Counter[Name] = Counter()
        self.time_is_known = True

    def turn(self) -> Plan:
        outlook = Outlook(
            now=self.now,
            last_ids=self.last_ids,
            waiting=len(self.shelf) if self.online else None,
            time_is_known=self.time_is_known,
        )
        todo = plan(list(self.keys.values()), outlook)
        self.last_ids = dict(todo.last_ids)
        for name in todo.make:
            self.ever[name] += 1
            self.keys[name] = Key(kind=name.kind, id=name.id, created_at=self.now)
        for name in todo.retire:
            self.keys[name].retired_at = self.now
        for name in todo.erase:
            del self.keys[name]
        if todo.publish and self.online:
            self.upload()
        return todo

    def upload(self) -> None:
        for name, key in self.keys.items():
            if name.kind == "one_time" and not key.published:
                self.shelf.append(name.id)
            key.published = True

    def ids(self, kind: Kind) -> list[int]:
        return sorted(name.id for name in self.keys if name.kind == kind)

    def settle(self) -> int:
        """Turn until nothing is left to do; return how many turns that took."""
        for turns in range(10):
            todo = self.turn()
            if not (todo.make or todo.retire or todo.erase or todo.publish):
                return turns
        raise AssertionError("the plan never comes to rest")


def settled() -> Node:
    node = Node()
    node.settle()
    return node


def kinds(names: tuple[Name, ...]) -> Counter[Kind]:
    return Counter(name.kind for name in names)


def test_the_first_plan_makes_everything_once() -> None:
    node = Node()
    todo = node.turn()
    assert kinds(todo.make) == {"exchange": 1, "signed": 1, "kem": 1, "one_time": 100}
    assert todo.publish
    assert node.ids("one_time") == list(range(1, 101))
    after = node.turn()
    assert (after.make, after.retire, after.erase, after.publish) == ((), (), (), False)


def test_keys_are_made_without_a_registry_too_and_published_later() -> None:
    node = Node()
    node.online = False
    assert kinds(node.turn().make)["one_time"] == 100
    again = node.turn()
    assert (again.make, again.publish) == ((), True)
    node.online = True
    node.turn()
    assert node.shelf == list(range(1, 101))


def test_a_lost_answer_changes_nothing_about_what_goes_out_again() -> None:
    node = Node()
    node.online = False
    node.turn()
    names = set(node.keys)
    node.online = True  # and the registry says it has none: the upload may have been lost
    assert plan(list(node.keys.values()), Outlook(now=START, last_ids={}, waiting=0)).make == ()
    node.turn()
    assert set(node.keys) == names


def test_one_time_prekeys_are_refilled_under_twenty_and_never_reused() -> None:
    node = settled()
    del node.shelf[:80]
    assert kinds(node.turn().make) == {}
    del node.shelf[:1]
    assert kinds(node.turn().make) == {"one_time": 81}
    assert node.shelf[-81:] == list(range(101, 182))
    assert len(node.shelf) == 100


def test_handed_out_one_time_prekeys_are_kept_and_then_erased() -> None:
    node = settled()
    del node.shelf[:3]
    assert node.turn().retire == tuple(Name("one_time", number) for number in (1, 2, 3))
    node.now += KEPT_SECONDS - 1
    assert node.turn().erase == ()
    node.now += 1
    assert node.turn().erase == tuple(Name("one_time", number) for number in (1, 2, 3))


def test_numbers_go_on_after_all_keys_are_gone() -> None:
    node = settled()
    node.keys.clear()
    node.shelf.clear()
    todo = node.turn()
    assert {name.id for name in todo.make if name.kind == "one_time"} == set(range(101, 201))
    assert node.ids("signed") == [2]


def test_the_registrys_numbers_count_too() -> None:
    todo = plan([], Outlook(now=START, last_ids={"one_time": 500, "signed": 7}))
    assert min(name.id for name in todo.make if name.kind == "one_time") == 501
    assert Name("signed", 8) in todo.make


def test_a_registry_that_is_drained_for_ever_fills_no_disk() -> None:
    node = settled()
    for _ in range(50):
        node.shelf.clear()
        node.turn()
    assert len(node.ids("one_time")) == MAX_ONE_TIME


def test_medium_term_keys_rotate_after_seven_days() -> None:
    node = settled()
    node.now += 7 * DAY - 1
    assert node.turn().make == ()
    node.now += 1
    assert kinds(node.turn().make) == {"exchange": 1, "signed": 1, "kem": 1}
    assert kinds(node.turn().retire) == {"exchange": 1, "signed": 1, "kem": 1}


def test_an_old_key_is_kept_for_grace_and_mailbox_and_then_erased() -> None:
    node = settled()
    node.now += 7 * DAY
    node.settle()
    node.now += (24 + 72) * 3600 - 1
    node.settle()
    assert node.ids("signed") == [1, 2]
    node.now += 1
    node.settle()
    assert node.ids("signed") == node.ids("kem") == node.ids("exchange") == [2]


def test_an_old_key_stays_until_its_successor_is_published() -> None:
    node = settled()
    node.online = False
    for _ in range(60):
        node.now += DAY
        node.turn()
    assert node.ids("signed") == [1, 2]
    assert node.keys[Name("signed", 1)].retired_at is None
    node.online = True
    node.settle()
    node.now += KEPT_SECONDS
    node.settle()
    # The second was made while nobody could fetch it, and was due when it was published.
    assert 1 not in node.ids("signed")


def test_a_clock_that_jumps_ahead_rotates_once() -> None:
    node = settled()
    node.now += 400 * DAY
    assert kinds(node.turn().make) == {"exchange": 1, "signed": 1, "kem": 1}
    node.settle()
    assert node.ids("signed") == [1, 2]


def test_a_clock_that_is_put_back_keeps_its_promises() -> None:
    node = settled()
    node.now += 400 * DAY
    node.settle()
    node.now -= 400 * DAY
    node.settle()
    assert node.ids("signed") == [1, 2, 3]
    node.now += KEPT_SECONDS
    node.settle()
    assert node.ids("signed") == [3]
    assert max(node.ever.values()) == 1


def test_a_clock_that_is_contradicted_erases_nothing() -> None:
    node = settled()
    node.now += 7 * DAY
    node.settle()
    node.now += 400 * DAY
    node.time_is_known = False
    node.settle()
    assert 1 in node.ids("signed")
    node.time_is_known = True
    node.settle()
    assert 1 not in node.ids("signed")


@given(
    st.lists(
        st.tuples(
            st.sampled_from([3600.0, DAY, 8 * DAY, 400 * DAY, -DAY, -400 * DAY]),
            st.integers(0, 100),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_no_history_reuses_a_number_or_loses_a_key_in_use(
    steps: list[tuple[float, int, bool]],
) -> None:
    node = Node()
    for seconds, taken, online in steps:
        node.now = max(START, node.now + seconds)
        del node.shelf[:taken]
        node.online = online
        node.settle() if online else node.turn()
        assert max(node.ever.values(), default=0) <= 1
        kept = set(node.ids("one_time"))
        assert set(node.shelf) <= kept
        for kind in ("exchange", "signed", "kem"):
            assert node.ids(kind)
            assert len(node.ids(kind)) <= 2 + len(steps)


def test_a_statement_is_always_numbered_higher() -> None:
    assert next_sequence(0, START) == int(START * 1000)
    later = next_sequence(0, START + 400 * DAY)
    assert next_sequence(later, START) == later + 1
