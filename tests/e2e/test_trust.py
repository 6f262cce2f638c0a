"""What owners look at: safety numbers, transcripts, the state of keys and logs."""

import pytest

from tests.support.mesh import Agent, Answer, Mesh, eventually


@pytest.fixture(scope="module")
def pair(mesh: Mesh) -> tuple[Agent, Agent]:
    alice, bob = mesh.friends("alice", "bob")
    assert alice.ask("send", bob.amid, "what was said", "--wait", "60")["outcome"] == "delivered"
    return alice, bob


def test_both_owners_see_the_same_number_and_confirm_it(pair: tuple[Agent, Agent]) -> None:
    alice, bob = pair
    seen = [one.ask("verify", other.amid) for one, other in (pair, reversed(pair))]
    assert seen[0]["number"] == seen[1]["number"]
    assert seen[0]["emoji"] == seen[1]["emoji"]
    assert not seen[1]["verified"]
    assert bob.messages()[0]["verified"] is False

    assert bob.ask("verify", alice.amid, "--confirm")["verified"] is True
    assert bob.messages()[0]["verified"] is True
    (contact,) = bob.ask("contacts", "list")["contacts"]
    assert contact["verified"] is True
    eventually(lambda: "peer_verified" in [it["event"] for it in bob.audit()])
    assert bob.fails(4, "verify", bob.amid)["code"] == "peer_is_ourselves"


def test_a_stranger_is_not_confirmed(mesh: Mesh, pair: tuple[Agent, Agent]) -> None:
    carol = mesh.agent("carol")
    assert carol.ask("verify", pair[0].amid)["verified"] is False
    refused = carol.fails(2, "verify", pair[0].amid, "--confirm")
    assert refused["code"] == "not_a_contact"


def test_what_was_said_is_in_both_transcripts_to_the_end(mesh: Mesh) -> None:
    carl, dora = mesh.friends("carl", "dora")
    carl.ask("send", dora.amid, "what was said", "--wait", "60")
    (listed,) = carl.ask("transcripts")["transcripts"]
    carl.ask("kill", listed["session_id"])
    for agent, peer, kind in ((carl, dora, "sent"), (dora, carl, "received")):

        def shown(agent: Agent = agent) -> Answer:
            return agent.ask("transcripts", "show", listed["session_id"])

        eventually(lambda: shown()["closed"])
        assert [it["kind"] for it in shown()["entries"]] == ["opened", kind, "closed"]
        assert {it["peer"] for it in shown()["entries"]} == {peer.amid}
        assert shown()["entries"][1]["payload"] == {"text": "what was said"}
        assert (shown()["damaged_at"], shown()["torn"]) == (None, False)


def test_a_transcript_that_was_changed_is_damaged(pair: tuple[Agent, Agent]) -> None:
    alice, bob = pair
    (listed,) = bob.ask("transcripts")["transcripts"]

    def entries() -> Answer:
        return bob.ask("transcripts", "show", listed["session_id"])["entries"]

    eventually(lambda: len(entries()) == 2)  # what comes later is sealed for itself
    alice.ask("send", bob.amid, "and more", "--wait", "60")
    eventually(lambda: len(entries()) == 3)
    file = bob.home / "transcripts" / listed["session_id"]
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    shown = bob.ask("transcripts", "show", listed["session_id"])
    assert shown["damaged_at"] == 3
    assert [it["kind"] for it in shown["entries"]] == ["opened", "received"]
    assert bob.fails(2, "transcripts", "show", "nothing")["code"] == "invalid_session"


def test_a_changed_audit_log_is_a_finding(mesh: Mesh) -> None:
    erin = mesh.agent("erin")
    assert "audit_damaged" not in [it["id"] for it in erin.run("doctor").answer["findings"]]
    (file, *_) = sorted((erin.home / "logs").glob("audit-*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b"keys_made", b"keys_lost"))
    assert "audit_damaged" in [it["id"] for it in erin.run("doctor").answer["findings"]]


def test_open_key_files_are_a_finding(pair: tuple[Agent, Agent]) -> None:
    alice, _ = pair
    (alice.home / "keys" / "identity.sealed").chmod(0o644)
    found = [it["id"] for it in alice.run("doctor").answer["findings"]]
    (alice.home / "keys" / "identity.sealed").chmod(0o600)
    assert "key_file_mode" in found
    assert "file_open" not in found, "it is told once"
    assert "key_file_mode" not in [it["id"] for it in alice.run("doctor").answer["findings"]]
