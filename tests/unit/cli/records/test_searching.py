"""transcripts search."""

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell


def hit(number: int, snippet: str = "a fish") -> answers.Hit:
    return answers.Hit(
        session_id="s1", number=number, at="T", kind="sent", peer=BOB, peer_name="b\x07ob",
        type="text", snippet=snippet,
    )  # fmt: skip


def test_a_search_goes_on_until_enough_is_found(mesh: Shell, script: Script) -> None:
    pages = {
        "": answers.Hits(hits=[], next="p1", searched=10, left=20, damaged=["s9"]),
        "p1": answers.Hits(hits=[hit(2)], next="p2", searched=10, left=10, damaged=[]),
        "p2": answers.Hits(hits=[hit(1)], next="p3", searched=10, left=0, damaged=[]),
    }
    script.answers["transcripts.search"] = lambda asked: pages[asked.place]
    out = mesh("transcripts", "search", "fish", "--peer", "bob", "--limit", "2").out
    assert out.count("a fish") == 2
    assert "session s9" in out
    assert out.endswith("There may be more: --place p3\n")
    limits = [asked.limit for _, asked, _ in script.asked]  # type: ignore[attr-defined]
    assert limits == [2, 2, 1]
    told = mesh("transcripts", "search", "fish", "--limit", "2", "--json").document
    assert (told["searched"], told["left"], told["next"], told["damaged"]) == (30, 0, "p3", ["s9"])


def test_what_was_found_is_safe_to_print(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.search"] = answers.Hits(
        hits=[hit(1, "a\x1b[2J\u202e")], next="", searched=1, left=0, damaged=[]
    )
    out = mesh("transcripts", "search", "a", "--since", "1d").out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_nothing_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["transcripts.search"] = answers.Hits(
        hits=[], next="", searched=0, left=0, damaged=[]
    )
    assert mesh("transcripts", "search", "x").out == "Nothing was found.\n"
    assert script.asked[0][1] == calls.TranscriptsSearch(text="x")
