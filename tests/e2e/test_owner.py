"""What the owner keeps: contacts, policy, settings."""

from collections.abc import Iterator

import pytest

from agentmesh.protocol.ids import amid_of
from tests.support.mesh import Agent, Mesh, eventually

STRANGER = amid_of(bytes(32))


@pytest.fixture(scope="module")
def owner(mesh: Mesh) -> Agent:
    return mesh.agent("owner")


@pytest.fixture
def contact(owner: Agent) -> Iterator[str]:
    owner.ask("contacts", "add", STRANGER, "--alias", "carol", "--description", "from the fair")
    yield STRANGER
    owner.run("contacts", "remove", STRANGER)


def test_a_contact_is_kept_named_trusted_and_forgotten(owner: Agent, contact: str) -> None:
    (kept,) = owner.ask("contacts", "list")["contacts"]
    assert (kept["amid"], kept["alias"], kept["trust"]) == (contact, "carol", 1)
    assert (kept["description"], kept["verified"]) == ("from the fair", False)

    assert owner.ask("contacts", "alias", "carol", "caroline")["contact"]["alias"] == "caroline"
    assert owner.ask("contacts", "trust", "Caroline", "allied")["contact"]["trust"] == 3
    owner.down()
    owner.up()
    assert owner.ask("contacts")["contacts"][0]["trust"] == 3
    assert owner.ask("contacts", "remove", "caroline")["amid"] == contact
    assert owner.ask("contacts", "list")["contacts"] == []
    assert owner.fails(2, "contacts", "remove", "caroline")["code"] == "unknown_peer"


def test_an_alias_means_one_contact(owner: Agent, contact: str) -> None:
    other = amid_of(bytes([1]) * 32)
    taken = owner.fails(2, "contacts", "add", other, "--alias", "CAROL")
    assert taken["code"] == "alias_taken"
    assert [it["amid"] for it in owner.ask("contacts")["contacts"]] == [contact]


def test_a_did_names_a_peer_too(owner: Agent, contact: str) -> None:
    told = owner.ask("contacts", "alias", f"did:agentmesh:{contact}", "by-did")
    assert told["contact"]["alias"] == "by-did"


def test_a_contact_does_not_have_to_ask(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    bob.ask("contacts", "add", alice.amid)
    assert alice.ask("send", bob.amid, "hello", "--wait", "60")["outcome"] == "delivered"
    assert bob.knocks() == []
    assert bob.messages()[0]["trust"] == 1


def test_a_contact_that_was_removed_has_to_knock_again(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "hello", "--wait", "60")
    bob.ask("contacts", "remove", "alice")
    eventually(lambda: not alice.ask("sessions")["sessions"])
    alice.ask("send", "bob", "and now?")
    (knock,) = eventually(bob.knocks)
    assert (knock["from"], knock["verdict"]) == (alice.amid, "pending")
    assert bob.texts() == ["hello"]


def test_the_policy_is_read_and_set_by_dotted_keys(owner: Agent) -> None:
    assert owner.ask("policy", "get", "rate_limit.knocks_per_minute")["policy"] == 30
    owner.ask("policy", "set", "rate_limit.knocks_per_minute", "7")
    assert owner.ask("policy")["policy"]["rate_limit"]["knocks_per_minute"] == 7
    owner.ask("policy", "set", "consent", "policy")
    assert owner.ask("policy", "get", "consent")["policy"] == "policy"
    owner.ask("policy", "set", "consent", "ask")


@pytest.mark.parametrize(
    ("arguments", "code", "nearest"),
    [
        (("set", "consnet", "ask"), "unknown_setting", "consent"),
        (("get", "strictmode"), "unknown_setting", "strict_mode"),
        (("set", "rate_limit.knocks_per_minut", "7"), "unknown_setting", "knocks_per_minute"),
        (("set", "consent", "maybe"), "invalid_setting", ""),
        (("set", "min_tier", "7"), "invalid_setting", ""),
        (("set", "rate_limit", "[1"), "invalid_setting", ""),
    ],
)
def test_a_wrong_setting_is_refused_with_the_nearest_name(
    owner: Agent, arguments: tuple[str, ...], code: str, nearest: str
) -> None:
    before = owner.ask("policy")["policy"]
    error = owner.fails(2, "policy", *arguments)
    assert error["code"] == code
    assert nearest in error["hint"]
    assert owner.ask("policy")["policy"] == before


def test_a_policy_file_is_taken_over_and_a_wrong_one_is_named_but_not_taken(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    file = bob.home / "policy.json"
    file.write_text('{"consent": "policy"}')
    assert alice.ask("send", bob.amid, "hello", "--wait", "60")["outcome"] == "delivered"

    file.write_text('{"consent": "ask", "bloklist": []}')
    (warning,) = eventually(lambda: [it for it in bob.status()["warnings"] if "policy.json" in it])
    assert "bloklist" in warning
    assert "blocklist" in warning
    assert bob.ask("policy", "get", "consent")["policy"] == "policy"
    sent = alice.ask("send", bob.amid, "still in", "--intent", "travel", "--wait", "60")
    assert sent["outcome"] == "delivered"

    bob.down()  # the last valid one is known after a restart, too
    assert bob.up()["already_running"] is False
    assert [it for it in bob.status()["warnings"] if "blocklist" in it]
    assert bob.ask("policy", "get", "consent")["policy"] == "policy"
    found = {it["id"]: it for it in bob.run("doctor").answer["findings"]}
    assert "blocklist" in found["policy_refused"]["fix"]
    file.write_text('{"consent": "ask"}')
    eventually(lambda: not [it for it in bob.status()["warnings"] if "policy.json" in it])


def test_flags_of_up_are_kept_and_a_typo_in_the_config_is_named(mesh: Mesh) -> None:
    bob = mesh.agent("bob", "--capability", "travel/flights")
    bob.down()
    bob.up()
    eventually(bob.is_connected)
    status = bob.status()
    assert status["name"] == "bob"
    assert bob.ask("search", "travel/flights")["total"] == 1
    bob.down()

    config = bob.home / "config.json"
    kept = config.read_text()
    config.write_text(kept.replace('"name"', '"nmae"'))
    error = bob.fails(2, "up")
    assert error["code"] == "config_unknown_name"
    assert "'name'" in error["hint"]
    config.write_text("{")
    assert bob.fails(2, "up")["code"] == "config_malformed"
    config.write_text(kept)
    bob.up()
