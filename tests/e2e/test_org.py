"""An organisation's agents are known as such by others: everything as processes, and real DNS."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dnslib import QTYPE, RCODE, RR, TXT, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.processes import ROOT

DOMAIN = "acme.example"


class Zone(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """The TXT records that there are."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        text = self.texts.get(str(request.q.qname).rstrip("."))
        if text is None:
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            reply.add_answer(RR(request.q.qname, QTYPE.TXT, rdata=TXT(text), ttl=1))
        return reply


@pytest.fixture
def zone() -> Iterator[tuple[Zone, str]]:
    """A name server's records, and its address."""
    zone = Zone()
    server = DNSServer(zone, address="127.0.0.1", port=0)
    server.start_thread()
    try:
        yield zone, f"127.0.0.1:{server.server.server_address[1]}"
    finally:
        server.stop()
        server.server.server_close()
        server.thread.join(10)


@pytest.fixture
def mesh(tmp_path: Path, zone: tuple[Zone, str]) -> Iterator[Mesh]:
    key = tmp_path / "apart" / "authority-key"
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT}/services/registry", "PATH": "/usr/bin"}
    subprocess.run(
        [sys.executable, "-m", "agentmesh_registry", "create-authority", "--authority", str(key)],
        env=environment,
        check=True,
        capture_output=True,
    )
    with Mesh(tmp_path / "mesh", registry=("--authority", key, "--dns", zone[1])) as mesh:
        yield mesh


def found(seeker: Agent, name: str) -> dict[str, object]:
    """Return who vouches for an agent."""
    said: dict[str, object] = seeker.ask("verify", name)["vouched"]
    return said


def test_an_organizations_agent_knocks_as_one_and_is_one_no_more(
    mesh: Mesh, zone: tuple[Zone, str]
) -> None:
    boss, alice = (mesh.agent(name) for name in ("boss", "alice"))
    carol, bob = mesh.friends("carol", "bob")
    assert found(bob, boss.amid)["certificate"] == "none"
    challenge = boss.ask("org", "register", DOMAIN, "--name", "Acme")
    assert boss.fails(5, "org", "verify", DOMAIN)["code"] == "domain_unproved"
    zone[0].texts[challenge["record"]] = challenge["value"]
    assert boss.ask("org", "verify", DOMAIN)["proved"] is True
    issued = boss.ask("org", "issue", alice.amid)
    accepted = alice.ask("org", "accept", DOMAIN)
    assert (accepted["tier"], accepted["organization"]) == (1.5, DOMAIN)
    assert alice.ask("status")["certificate"]["organization"] == DOMAIN
    boss.ask("org", "issue", carol.amid)
    carol.ask("org", "accept", DOMAIN)
    bob.ask("policy", "set", "accept_tiers", "[1.5]")
    explained = bob.ask("policy", "explain", alice.amid)
    assert not [it for it in explained["knock"]["checks"] if it["reason"] == "insufficient_trust"]

    alice.ask("send", bob.amid, "hello from Acme")
    (knock,) = eventually(bob.knocks)
    assert knock["vouched"]["organization"] == DOMAIN
    assert knock["vouched"]["certificate"] == "valid"
    bob.ask("knocks", "approve", knock["id"])
    bob.gets("hello from Acme")
    (session,) = bob.ask("sessions")["sessions"]
    assert session["vouched"]["organization"] == DOMAIN
    alice.ask("contacts", "add", bob.amid)
    bob.ask("send", alice.amid, "and back", "--type", "stream")
    alice.gets("and back")
    (ours,) = [it for it in bob.ask("sessions")["sessions"] if it["initiated_by_us"]]
    assert ours["vouched"]["organization"] == DOMAIN
    assert found(bob, alice.amid)["certificate"] == "valid"

    shown = boss.ask("org", "revoke", alice.amid, "--reason", "cessation_of_operation")
    assert shown["agents"][0]["revoked"] == "cessation_of_operation"
    assert shown["agents"][0]["serial"] == issued["serial"]
    goodbye = (carol.amid, "--reason", "policy_violation", "--note", "It sold what it heard.")
    assert boss.fails(2, "org", "revoke-identity", *goodbye)["code"] == "not_confirmed"
    shown = boss.ask("org", "revoke-identity", *goodbye, "--confirm", carol.amid)
    assert all(it["revoked"] for it in shown["agents"])
    stranger = ("--reason", "other", "--confirm", bob.amid)
    refused = boss.fails(2, "org", "revoke-identity", bob.amid, *stranger)
    assert refused["code"] == "not_of_fleet"
    eventually(lambda: not bob.ask("sessions")["sessions"], 90)
    ended = [it for it in bob.audit() if it["event"] == "session_unvouched"]
    assert [it["fields"]["reason"] for it in ended] == 2 * ["certificate_revoked"]
    eventually(lambda: not alice.ask("sessions")["sessions"], 90)
    eventually(lambda: alice.ask("status")["certificate"] is None, 90)
    assert found(bob, alice.amid)["tier"] == 2
    assert "keys_certificate_lost" in {it["event"] for it in alice.audit()}
    assert not alice.ask("registry")["foreign_entries"]

    gone = eventually(lambda: bob.ask("contacts", "show", carol.amid)["contact"]["taken_back"])
    assert (gone["issuer"], gone["organization"]) == ("organization", DOMAIN)
    assert (gone["reason"], gone["note"]) == ("policy_violation", "It sold what it heard.")
    assert bob.fails(7, "send", carol.amid, "still there?")["code"] == "key_changed"
    assert any(f"by {DOMAIN}" in it for it in bob.status()["warnings"])


def test_an_owner_says_which_authorities_count(mesh: Mesh) -> None:
    wary = mesh.newcomer("wary")
    wary.environment["AGENTMESH_TRUSTED_CAS"] = "agentmesh authority " + "0" * 40
    wary.up("--name", "wary", "--key-storage", "file")

    def ids() -> set[str]:
        return {it["id"] for it in wary.run("doctor").answer["findings"]}

    eventually(lambda: "authority_untrusted" in ids())
    wary.environment["AGENTMESH_TRUSTED_CAS"] = "ca.pem"
    wary.ask("down")
    assert wary.fails(2, "up", "--no-open")["code"] == "invalid_authority"
