"""Which errand is due first, and how much is kept of what ended before."""

from agentmesh.node.agenda import SPARE, Agenda
from agentmesh.node.entries import Entry
from tests.support.stores import BOB, ONE


def _entry(name: str) -> Entry:
    return Entry(name, BOB, ONE, "message", None)


def _taken(agenda: Agenda) -> list[str]:
    """Take everything, in its order."""
    names = []
    while (entry := agenda.first()) is not None:
        agenda.take_first()
        names.append(entry.errand_id)
    return names


def test_what_is_due_first_comes_first_and_once_however_often_it_was_put_off() -> None:
    entries = {name: _entry(name) for name in ("one", "two", "three")}
    agenda = Agenda(entries)
    for name, due in (("one", 5.0), ("two", 4.0), ("three", 6.0), ("three", 1.0), ("two", 9.0)):
        agenda.put(entries[name], due)
    assert _taken(agenda) == ["three", "one", "two"]
    assert len(agenda) == 0


def test_what_runs_or_has_ended_is_not_due() -> None:
    entries = {name: _entry(name) for name in ("one", "two", "three")}
    agenda = Agenda(entries)
    for entry in entries.values():
        agenda.put(entry, 1.0)
    entries["one"].is_running = True
    del entries["two"]
    assert _taken(agenda) == ["three"]


def test_what_a_flood_leaves_behind_is_cleared_with_the_next_errand() -> None:
    entries: dict[str, Entry] = {}
    agenda = Agenda(entries)
    for number in range(1000):
        name = str(number)
        entries[name] = _entry(name)
        agenda.put(entries[name], 30.0)
    entries.clear()
    entries["next"] = _entry("next")
    agenda.put(entries["next"], 40.0)
    assert len(agenda) == 1
    assert _taken(agenda) == ["next"]


def test_errands_that_end_long_before_they_are_due_leave_no_more_than_was_meant() -> None:
    entries: dict[str, Entry] = {}
    agenda = Agenda(entries)
    stay = {str(number): _entry(str(number)) for number in range(100)}
    entries.update(stay)
    for number, entry in enumerate(stay.values()):
        agenda.put(entry, 1000.0 - number)
    for number in range(5000):
        passing = entries["passing"] = _entry("passing")
        agenda.put(passing, float(number))
        del entries["passing"]
        assert len(agenda) <= 2 * (len(stay) + 1) + SPARE
    assert _taken(agenda) == list(reversed(stay))
