"""Joining by an invite, as real programs."""

from tests.support.mesh import Mesh, eventually


def test_strangers_meet_by_a_code_and_nobody_by_wrong_words(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    assert alice.ask("policy", "get")["policy"]["consent"] == "ask"
    assert bob.fails(2, "join", "no code")["code"] == "invite_malformed"

    # Whoever has the code talks without being asked for.
    invite = alice.ask("invite", "--note", "for Bob")["invite"]
    assert invite["link"] == f"agentmesh:join/{invite['code']}"
    joined = bob.ask("join", invite["link"])
    assert (joined["step"], joined["amid"], joined["name"]) == ("joined", alice.amid, "alice")
    for one, other in ((alice, bob), (bob, alice)):
        kept = one.ask("contacts", "show", other.amid)["contact"]
        assert (kept["trust"], kept["invited"], kept["verified"]) == (1, True, False)
        assert kept["name"] == other.name
    assert bob.ask("send", alice.amid, "hello", "--wait", "60")["outcome"] == "delivered"
    assert alice.knocks() == []
    (listed,) = alice.ask("invites")["invites"]
    assert (listed["state"], listed["used_by"], listed["code"]) == ("used", bob.amid, "")

    # It was for one; another one dies of wrong words, across a restart.
    carol = mesh.agent("carol")
    assert carol.fails(5, "join", invite["code"])["code"] == "invite_used"
    code = alice.ask("invite")["invite"]["code"]
    words = code.split("-", 2)[2]
    wrong = code.replace(words, "babab-babab" if words != "babab-babab" else "zuzuz-zuzuz")
    for left in (2, 1):
        told = carol.fails(5, "join", wrong)
        assert told["code"] == "invite_wrong_code"
        assert str(left) in told["hint"]
    alice.down()
    alice.up()
    eventually(alice.is_connected)
    assert carol.fails(5, "join", wrong)["code"] == "invite_wrong_code"
    assert carol.fails(5, "join", code)["code"] == "invite_dead"
    revoked = alice.ask("invite", "--minutes", "1")["invite"]
    alice.ask("invites", "revoke", revoked["slot"])
    assert carol.fails(5, "join", revoked["code"])["code"] == "invite_expired"
    assert carol.ask("contacts")["contacts"] == []
    assert [it["state"] for it in alice.ask("invites")["invites"]] == ["used", "dead", "expired"]
    told = [it["event"] for it in alice.audit()]
    assert (told.count("invite_used"), told.count("invite_tried")) == (1, 3)
