"""transcripts."""

from typing import Any

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

AT = "2026-01-31T12:00:00.000Z"


def summary(session_id: str, peer: str = BOB) -> answers.Summary:
    return answers.Summary(session_id=session_id, peer=peer, peer_name="", bytes=321, changed_at=AT)


def entry(number: int, **changed: Any) -> answers.Entry:
    facts: dict[str, Any] = {
        "number": number, "at": AT, "kind": "received", "peer": BOB, "peer_name": "bob",
        "message_id": "m1", "type": "text", "payload": {"text": "hello"},
    }  # fmt: skip
    return answers.Entry(**(facts | changed))


def page(*entries: answers.Entry, **changed: Any) -> answers.Transcript:
    facts: dict[str, Any] = {
        "session_id": "s1", "entries": list(entries), "total": len(entries), "damaged_at": None,
        "torn": False, "closed": False,
    }  # fmt: skip
    return answers.Transcript(**(facts | changed))


@pytest.mark.parametrize("arguments", [("transcripts",), ("transcripts", "list")])
def test_the_transcripts_are_listed(
    mesh: Shell, script: Script, arguments: tuple[str, ...]
) -> None:
    listed = [summary("s1"), summary("s0", peer="")]
    script.answers["transcripts.list"] = answers.Transcripts(
        transcripts=listed, total=3, next="1.5/s0"
    )
    lines = mesh(*arguments).out.splitlines()
    assert lines[1].split() == ["s1", BOB, "321", AT]
    assert lines[2].split() == ["s0", "?", "321", AT]
    assert lines[3] == "More, of 3: agentmesh transcripts list --place 1.5/s0"
    assert script.asked[0][1] == calls.TranscriptsList()
    assert mesh(*arguments, "--json").document["total"] == 3


def test_the_list_goes_on_from_a_place(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.list"] = answers.Transcripts(transcripts=[summary("s0")], total=3)
    assert "More" not in mesh("transcripts", "list", "--place", "1.5/s1").out
    assert script.asked[0][1] == calls.TranscriptsList(place="1.5/s1")


def test_no_transcripts_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.list"] = answers.Transcripts(transcripts=[], total=0)
    assert mesh("transcripts").out == "No transcripts.\n"


def test_who_said_what_and_when_is_shown(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.show"] = page(
        entry(1, kind="opened", payload=None, type=""), entry(2), entry(3, kind="sent"),
        entry(4, kind="closed", payload=None, type=""),
    )  # fmt: skip
    out = mesh("transcripts", "show", "s1").out
    assert out.split("\n\n") == [
        f"1  {AT}  session with bob ({BOB}) opened",
        f"2  {AT}  from bob ({BOB})  text\n  hello",
        f"3  {AT}  to bob ({BOB})  text\n  hello",
        f"4  {AT}  session with bob ({BOB}) closed\n",
    ]
    assert mesh("transcripts", "show", "s1", "--json").document["entries"][1]["kind"] == "received"


def test_what_a_peer_wrote_is_safe_to_print(mesh: Shell, script: Script) -> None:
    sly = entry(1, payload={"text": "a\x1b[2J\x9b31m\u202eb"}, type="te\x1bxt", peer_name="b\x07ob")
    script.answers["transcripts.show"] = page(sly, entry(2, payload="not\x1bJSON"))
    out = mesh("transcripts", "show", "s1").out
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(out)


def test_a_long_one_is_read_page_by_page(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.show"] = page(entry(3), entry(4), total=9, damaged_at=10)
    out = mesh("transcripts", "show", "s1", "--first", "3", "--limit", "2").out
    assert script.asked[0][1] == calls.TranscriptsShow(session_id="s1", first=3, limit=2)
    assert out.endswith("5 more: --first 5\n")
    assert "DAMAGED" not in out


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"damaged_at": 2}, "DAMAGED: entry 2 does not open"), ({"torn": True}, "is cut short")],
)
def test_what_is_missing_at_the_end_is_said(
    mesh: Shell, script: Script, changed: dict[str, Any], said: str
) -> None:
    script.answers["transcripts.show"] = page(entry(1), **changed)
    assert said in mesh("transcripts", "show", "s1").out


def test_an_empty_one_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.show"] = page()
    assert mesh("transcripts", "show", "s1").out == "Nothing was said.\n"
