"""A new identity takes an old one's place, as real programs: its contact waits for its owner."""

from tests.support.mesh import Mesh, eventually


def test_a_contact_follows_when_its_owner_says_so(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    old = alice.amid
    assert alice.ask("send", bob.amid, "one", "--type", "conversation")["ok"]
    bob.gets("one")

    told = alice.ask("rotate", "--confirm", old, "--note", "A new machine.")
    new = told["successor"]
    assert (told["amid"], told["published"]) == (old, True)
    assert alice.status()["amid"] == new
    (listed,) = alice.ask("transcripts")["transcripts"]
    shown = alice.ask("transcripts", "show", listed["session_id"])
    assert [it["payload"] for it in shown["entries"] if it["kind"] == "sent"] == [{"text": "one"}]
    assert alice.ask("audit", "verify")["whole"] is True

    gone = eventually(lambda: bob.ask("contacts", "show", old)["contact"]["taken_back"])
    assert (gone["reason"], gone["successor"]) == ("superseded", new)
    assert bob.fails(7, "send", old, "again")["code"] == "key_changed"
    assert any(new in it for it in bob.status()["warnings"])
    alice.ask("send", bob.amid, "two")
    eventually(bob.knocks)
    assert [it["from"] for it in bob.knocks()] == [new]

    assert bob.ask("contacts", "follow", old)["contact"]["amid"] == new
    bob.gets("two")
