"""How often something happened lately."""

from agentmesh.policy.counting import MAX_NAMES, MAX_TIMES, Recent, RecentByName


def test_only_what_is_recent_counts() -> None:
    recent = Recent()
    for at in (1.0, 2.0, 60.5):
        recent.add(at)
    assert recent.within(60, 61.0) == 2
    assert recent.within(60, 200.0) == 0


def test_it_begins_anew_when_told_and_remembers_so_many_at_most() -> None:
    recent = Recent()
    for at in range(MAX_TIMES + 5):
        recent.add(float(at) / MAX_TIMES)
    assert recent.within(60, 2.0) == MAX_TIMES
    recent.clear()
    assert recent.within(60, 2.0) == 0


def test_each_name_has_its_own_count_and_the_quiet_are_forgotten() -> None:
    all_of_them: RecentByName[int] = RecentByName()
    for name in range(MAX_NAMES + 1):
        all_of_them.of(name).add(1.0)
    assert all_of_them.of(MAX_NAMES).within(60, 2.0) == 1
    assert all_of_them.of(0).within(60, 2.0) == 0
    all_of_them.forget(MAX_NAMES)
    assert all_of_them.of(MAX_NAMES).within(60, 2.0) == 0
