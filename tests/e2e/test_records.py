"""What the owner keeps: the audit log, transcripts, receipts; with a daemon and without one."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.processes import ROOT

WORDS = "a swordfish in a Straße"


@pytest.fixture(scope="module")
def pair(mesh: Mesh) -> list[Agent]:
    """Two that have talked: three messages, in one session."""
    alice, bob = mesh.friends("alice", "bob")
    for text in (WORDS, "\x1b[2J second", "third"):
        assert alice.ask("send", "bob", text, "--wait", "60")["outcome"] == "delivered"
    return [alice, bob]


@pytest.fixture(params=["with a daemon", "without one"])
def alice(request: pytest.FixtureRequest, pair: list[Agent]) -> Iterator[Agent]:
    if request.param == "with a daemon":
        yield pair[0]
        return
    pair[0].down()
    yield pair[0]
    pair[0].up()


def session_of(agent: Agent) -> str:
    return str(agent.ask("transcripts", "list")["transcripts"][0]["session_id"])


def passphrase(words: str) -> int:
    """Return a descriptor from which a passphrase can be read."""
    take, give = os.pipe()
    os.write(give, words.encode() + b"\n")
    os.close(give)
    return take


def test_the_audit_log_is_examined_shown_and_handed_out(alice: Agent, tmp_path: Path) -> None:
    report = alice.ask("audit", "verify")
    assert report["whole"]
    assert report["head"] == alice.ask("audit", "head")["head"]
    assert alice.ask("audit", "verify", "--expect", report["head"])["lines"] == report["lines"]
    kinds = [it["event"] for it in alice.ask("audit", "show", "--limit", "1000")["records"]]
    assert "session_started" in kinds

    file = tmp_path / "export.jsonl"
    alice.ask("audit", "export", "--output", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert alice.fails(2, "audit", "export", "--output", file)["code"] == "file_exists"
    stranger = Agent(tmp_path / "nowhere", {})
    said = stranger.ask("audit", "verify", file)
    assert (said["amid"], said["whole"]) == (alice.amid, True)
    file.write_bytes(file.read_bytes().replace(b"session_started", b"session_started_", 1))
    assert stranger.fails(8, "audit", "verify", file)["code"] == "export_altered"
    assert not stranger.home.exists()


def test_a_changed_line_is_named(alice: Agent) -> None:
    (file, *_) = sorted((alice.home / "logs").glob("audit-*.jsonl"))
    before = file.read_bytes()
    lines = before.splitlines(keepends=True)
    try:
        file.write_bytes(b"".join([lines[0].replace(b"20", b"21", 1), *lines[1:]]))
        done = alice.run("audit", "verify")
        assert done.code == 8
        told = json.loads(done.out)
        assert told["error"]["code"] == "audit_damaged"
        assert (told["problems"][0]["file"], told["problems"][0]["line"]) == (file.name, 1)
    finally:
        file.write_bytes(before)


def test_what_was_said_is_found_and_safe_to_print(alice: Agent) -> None:
    (hit,) = alice.ask("transcripts", "search", "STRASSE swordfish", "--since", "1h")["hits"]
    assert hit["snippet"] == WORDS
    assert alice.ask("transcripts", "search", '"fish in a"')["hits"][0]["number"] == hit["number"]
    assert alice.ask("transcripts", "search", "nothing of it")["hits"] == []
    (sly,) = alice.ask("transcripts", "search", "second")["hits"]
    assert "\x1b" not in sly["snippet"]
    assert alice.fails(2, "transcripts", "search", "  ")["code"] == "nothing_to_search"
    for path in alice.home.rglob("*"):
        assert not path.is_file() or b"swordfish" not in path.read_bytes(), path


@pytest.mark.parametrize("form", ["json", "markdown", "text"])
def test_a_transcript_is_written_down_in_the_open(alice: Agent, form: str, tmp_path: Path) -> None:
    session, file = session_of(alice), tmp_path / "transcript"
    told = alice.ask("transcripts", "export", session, "--format", form, "--output", file)
    text = file.read_text()
    assert WORDS in (
        text if form != "json" else json.loads(text.splitlines()[1])["payload"]["text"]
    )
    assert "\x1b" not in text
    assert told["entries"] >= 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = alice.fails(2, "transcripts", "export", session, "--output", file)
    assert again["code"] == "file_exists"


def test_an_auditor_reads_one_transcript_with_its_key(alice: Agent, tmp_path: Path) -> None:
    session, key = session_of(alice), tmp_path / "key.json"
    take = passphrase("of the file")
    done = alice.run(
        "transcripts", "keys", session, "--output", key, "--passphrase-fd", take, pass_fds=[take]
    )
    os.close(take)
    assert done.code == 0, done
    assert "can read this session's transcript" in done.err
    sealed = done.answer["transcript"]
    events = [it["event"] for it in alice.ask("audit", "show")["records"]]
    assert "session_keys_exported" in events

    auditor = Agent(tmp_path / "auditor", {})
    for words, code in (("of the file", 0), ("another", 4)):
        take = passphrase(words)
        done = auditor.run(
            "transcripts", "open", sealed, "--key", key, "--passphrase-fd", take, pass_fds=[take]
        )
        os.close(take)
        assert done.code == code, done
        if not code:
            assert WORDS in [
                it["payload"]["text"] for it in done.answer["entries"] if it["payload"]
            ]
    assert alice.fails(2, "transcripts", "keys", session, "--output", key)["code"] in {
        "passphrase_needed",
        "file_exists",
    }


def test_an_erased_transcript_is_gone_and_that_is_written_down(mesh: Mesh) -> None:
    carol, dan = mesh.friends("carol", "dan")
    carol.ask("send", "dan", "forget this", "--wait", "60")
    session = session_of(carol)
    carol.ask("transcripts", "erase", session)
    assert carol.ask("transcripts", "list")["transcripts"] == []
    assert carol.fails(2, "transcripts", "erase", session)["code"] == "transcript_unknown"
    assert "transcript_erased" in [it["event"] for it in carol.ask("audit", "show")["records"]]
    assert dan.ask("transcripts", "search", "forget")["hits"]


def test_a_third_party_checks_a_receipt_with_nothing_but_the_file(
    mesh: Mesh, tmp_path: Path
) -> None:
    grace, heidi = mesh.friends("grace", "heidi")
    asked = grace.ask(
        "send", "heidi", "what time is it?", "--type", "request_response", "--wait", "60"
    )
    heidi.ask("reply", heidi.gets("what time is it?")["message_id"], "noon", "--wait", "60")
    files = []
    for agent in (grace, heidi):
        (held,) = eventually(lambda agent=agent: agent.ask("receipt", "list")["receipts"])
        file = tmp_path / f"{agent.name}.json"
        agent.ask("receipt", "export", held["session_id"], "--output", file)
        files.append(file)
    rated = [grace.ask("rate", "heidi", "0.9", "--tag", "helpful")["repeated"] for _ in range(2)]
    assert rated == [False, True]
    known = heidi.ask("reputation")
    assert (known["ratings_count"], known["completed"], known["rated"]) == (1, 1, False)
    assert grace.ask("reputation", "heidi")["tags"] == [
        {"tag": "helpful", "owners": 0, "others": 1}
    ]
    for agent in (grace, heidi):
        agent.down()
    stranger = Agent(tmp_path / "nowhere", {})
    for file in files:
        proven = stranger.ask("receipt", "verify", file)
        assert (proven["initiator"], proven["receiver"]) == (grace.amid, heidi.amid)
        assert proven["session_id"] == asked["session_id"]
    said = json.loads(files[0].read_bytes())
    for name, value in (("receiver", grace.amid), ("outcome", "completed!"), ("started", "2026")):
        files[0].write_text(json.dumps({**said, name: value}, indent=2) + "\n")
        assert stranger.fails(8, "receipt", "verify", files[0])["code"] == "receipt_altered"
    (tmp_path / "no").write_text("{}")
    assert stranger.fails(8, "receipt", "verify", tmp_path / "no")["code"] == "receipt_malformed"
    assert not stranger.home.exists()


def test_damage_in_any_file_of_the_records_is_told_and_never_a_traceback(mesh: Mesh) -> None:
    erin, _ = mesh.friends("erin", "frank")
    for words in ("hello", "hello again"):
        erin.ask("send", "frank", words, "--wait", "60")
    session = session_of(erin)
    erin.down()
    sealed = erin.home / "transcripts" / session
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert erin.ask("transcripts", "show", session)["damaged_at"]
    assert erin.ask("transcripts", "search", "hello")["damaged"] == [session]
    sealed.write_bytes(whole[:30])
    assert erin.ask("transcripts", "show", session)["torn"]
    (erin.home / "logs" / "audit-anchor.json").write_text("{")
    assert erin.fails(8, "audit", "verify")["code"] == "audit_damaged"
    (erin.home / "logs" / "audit-anchor.json").unlink()
    sealed.write_bytes(whole)
    erin.up()
    eventually(lambda: erin.ask("audit", "verify")["whole"])


def test_a_home_that_never_was_is_a_sentence(tmp_path: Path) -> None:
    nobody = Agent(tmp_path / "nobody", {})
    for command in (("audit", "verify"), ("audit", "show"), ("transcripts", "search", "x")):
        assert nobody.fails(2, *command)["code"] == "keys_missing"
    assert not nobody.home.exists()


def test_help_is_quick_and_loads_no_crypto(tmp_path: Path) -> None:
    code = (
        "import sys; from agentmesh.cli.main import run;"
        "[run([*it, '--help']) for it in (['audit'], ['transcripts'], ['receipt'])];"
        "assert not {'nacl', 'cryptography', 'asyncio'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0
