"""reputation, rate."""

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell


def shown(*, rated: bool) -> answers.Reputation:
    return answers.Reputation(
        amid=BOB,
        score=0.81,
        rated=rated,
        ratings_count=7,
        owners=3,
        sessions=9,
        completed=8,
        tier=1.5,
        registered_at="2026-01-31T12:00:00.000Z",
        tags=[answers.TagSaid(tag="helpful", owners=2, others=1)],
        flags=[answers.FlagShown(flag="rapid_reputation_increase", until="\x1b[2J")],
    )


def test_what_a_score_rests_on_is_shown(mesh: Shell, script: Script) -> None:
    script.answers["reputation.show"] = shown(rated=True)
    said = mesh("reputation", "bob")
    assert script.asked[0][1] == calls.ReputationShow(peer="bob")
    for words in (
        "0.81",
        "7 agents, 3 proved owners",
        "8 completed",
        "2 owners, 1 other",
        "BEWARE",
    ):
        assert words in said.out
    assert "\x1b" not in said.out
    assert len(said.out.splitlines()) == 6


def test_an_unrated_agent_shows_no_score(mesh: Shell, script: Script) -> None:
    script.answers["reputation.show"] = shown(rated=False)
    said = mesh("reputation")
    assert script.asked[0][1] == calls.ReputationShow()
    assert "unrated" in said.out
    assert "0.81" not in said.out


def test_a_peer_is_rated(mesh: Shell, script: Script) -> None:
    script.answers["reputation.rate"] = answers.Rated(amid=BOB, session_id="s", repeated=False)
    said = mesh("rate", "bob", "0.9", "--tag", "helpful", "--tag", "reliable")
    expected = calls.ReputationRate(peer="bob", score=0.9, tags=("helpful", "reliable"))
    assert script.asked[0][1] == expected
    assert "is rated" in said.out


def test_a_second_rating_says_that_the_first_stands(mesh: Shell, script: Script) -> None:
    script.answers["reputation.rate"] = answers.Rated(amid=BOB, session_id="s", repeated=True)
    assert "that rating stands" in mesh("rate", "bob", "0.9").out


@pytest.mark.parametrize("words", [("bob",), ("bob", "2"), ("bob", "1", "--tag", "nice")])
def test_what_is_no_rating_is_not_sent(mesh: Shell, script: Script, words: tuple[str, ...]) -> None:
    assert mesh("rate", *words).code == 2
    assert script.asked == []
