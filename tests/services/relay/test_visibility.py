from agentmesh_relay.visibility import Visibility

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence

ALICE, BOB = Amid("alice"), Amid("bob")


def test_nobody_may_know_before_the_agent_says_so() -> None:
    assert not Visibility().lets_see(ALICE)


def test_only_those_on_the_list_may_know() -> None:
    visibility = Visibility()
    visibility.publish(Presence(status="away", visible_to=(ALICE,)))
    assert visibility.lets_see(ALICE)
    assert not visibility.lets_see(BOB)
    assert visibility.status == "away"


def test_a_list_stays_until_a_new_one_comes() -> None:
    visibility = Visibility()
    visibility.publish(Presence(status="online", visible_to=(ALICE,)))
    visibility.publish(Presence(status="dnd"))
    assert visibility.lets_see(ALICE)
    visibility.publish(Presence(status="online", visible_to=()))
    assert not visibility.lets_see(ALICE)


def test_whoever_says_offline_is_seen_by_nobody() -> None:
    visibility = Visibility()
    visibility.publish(Presence(status="offline", visible_to=(ALICE,)))
    assert not visibility.lets_see(ALICE)


def test_an_agent_says_which_registry_shows_it() -> None:
    visibility = Visibility()
    assert visibility.shown_at == ""
    for status, registry in (("dnd", "https://registry.example"), ("online", "")):
        visibility.publish(Presence(status=status, shown_at=registry))
        assert visibility.shown_at == registry
    visibility.publish(Presence(status="offline", shown_at="https://registry.example"))
    assert visibility.shown_at == "", "nobody is to know more of it"
