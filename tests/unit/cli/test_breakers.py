"""sessions, kill, pause, resume, shutdown."""

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

SESSION = answers.Session(
    session_id="s1", peer=BOB, peer_name="bob", intent="travel", type="conversation", state="open",
    initiated_by_us=True, opened_at="", expires_at="2026-02-01T12:00:00.000Z",
)  # fmt: skip


def test_sessions_are_listed(mesh: Shell, script: Script) -> None:
    script.answers["sessions"] = answers.Sessions(sessions=[SESSION], total=1)
    out = mesh("sessions").out
    assert f"bob ({BOB})" in out
    assert "More" not in out
    assert mesh("sessions", "--json").document["sessions"][0]["session_id"] == "s1"


def test_a_long_list_of_sessions_goes_on_where_it_says(mesh: Shell, script: Script) -> None:
    script.answers["sessions"] = answers.Sessions(sessions=[SESSION], total=700, next="s1")
    said = mesh("sessions", "--limit", "1").out.splitlines()[-1]
    assert said == "More, of 700: agentmesh sessions --before s1"
    mesh("sessions", "--before", "s1")
    assert [it[1] for it in script.asked] == [
        calls.Sessions(limit=1),
        calls.Sessions(before="s1"),
    ]


def test_a_session_is_killed(mesh: Shell, script: Script) -> None:
    script.answers["kill"] = answers.Killed(session_id="s1")
    assert mesh("kill", "s1").out == "Ended s1.\n"
    assert script.asked[0][1] == calls.Kill(session_id="s1")


def test_breakers_say_what_holds_now(mesh: Shell, script: Script) -> None:
    script.answers["pause"] = answers.Breakers(paused=True, stopped=False)
    script.answers["resume"] = answers.Breakers(paused=False, stopped=False)
    script.answers["shutdown"] = answers.Breakers(paused=False, stopped=True, sessions_ended=2)
    assert mesh("pause").out == "Paused: no new sessions.\n"
    assert mesh("resume").out == "Taking knocks.\n"
    assert mesh("shutdown").out.startswith("Offline; 2 sessions ended.")
    assert mesh("shutdown", "--json").document["stopped"] is True


def test_a_peer_is_paused_and_resumed(mesh: Shell, script: Script) -> None:
    script.answers["pause"] = answers.Breakers(paused=False, stopped=False, paused_peers=(BOB,))
    script.answers["resume"] = answers.Breakers(paused=False, stopped=True, emergency=True)
    assert f"Paused: {BOB}" in mesh("pause", "bob").out
    assert "--confirm RESUME" in mesh("resume", "--confirm", "RESUME").out
    assert script.asked[0][1] == calls.Pause(peer="bob")
    assert script.asked[1][1] == calls.Resume(confirm="RESUME")


def test_breakers_are_listed_and_lifted(mesh: Shell, script: Script) -> None:
    on = answers.Breaker(
        id=f"loop:{BOB}", kind="loop", peer=BOB, peer_name="bob", why="They loop.", since="today",
        lift=f"agentmesh resume {BOB}",
    )  # fmt: skip
    script.answers["breakers.list"] = answers.BreakersOn(breakers=[on])
    script.answers["breakers.lift"] = answers.BreakersOn(breakers=[])
    for command in (("breakers",), ("breakers", "list")):
        shown = mesh(*command).out
        assert "They loop." in shown
        assert f"agentmesh resume {BOB}" in shown
    assert mesh("breakers", "lift", on.id).out == "No breaker is on.\n"
    assert script.asked[-1][1] == calls.BreakersLift(id=on.id)
