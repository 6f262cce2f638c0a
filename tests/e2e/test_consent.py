"""What an owner grants, and who vouches for whom, as real programs."""

from tests.support.mesh import Mesh, eventually


def test_a_grant_is_used_up_and_given_again(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("grants", "give", "alice", "text", "--uses", "2", "--for", "1h")
    for text in ("one", "two"):
        alice.ask("send", "bob", text, "--wait", "60")
    said = alice.ask("send", "bob", "three", "--wait", "2")
    assert (said["outcome"], said["timed_out"]) == ("queued", True)
    (grant,) = bob.ask("grants")["grants"]
    assert (grant["state"], grant["uses_left"]) == ("grant_used_up", 0)
    assert bob.texts() == ["one", "two"]
    alice.ask("grants", "ask", "bob", "file-in", "--note", "the photos")
    (asked,) = eventually(lambda: bob.ask("grants", "list", "--pending")["grants"])
    assert (asked["kind"], asked["note"], asked["peer"]) == ("file-in", "the photos", alice.amid)
    bob.ask("grants", "give", "alice", "file-in", "--uses", "1")
    assert bob.ask("grants", "list", "--pending")["grants"] == []


def test_an_introduction_is_shown_with_the_knock_and_lets_nobody_in(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    carol = mesh.agent("carol")
    alice.ask("contacts", "add", carol.amid, "--alias", "carol")
    alice.ask("introduce", "carol", "bob", "--note", "she cooks")
    (kept,) = eventually(lambda: bob.ask("contacts", "introductions")["introductions"])
    assert (kept["amid"], kept["by"], kept["note"]) == (carol.amid, alice.amid, "she cooks")
    carol.ask("send", bob.amid, "hello")
    (knock,) = eventually(bob.knocks)
    assert (knock["verdict"], knock["from"]) == ("pending", carol.amid)
    assert [(by["by"], by["by_trust"]) for by in knock["introduced_by"]] == [(alice.amid, 1)]
    assert bob.texts() == []


def test_a_number_is_confirmed_by_a_scan(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    text = bob.ask("verify", "alice", "--qr")["text"]
    assert alice.fails(7, "verify", "bob", "--scan", text[:-1] + str(9 - int(text[-1])))[
        "code"
    ] == ("verification_differs")
    assert alice.ask("verify", "bob", "--scan", text)["verified"] is True
    assert alice.ask("contacts", "show", "bob")["contact"]["verified"] is True
