"""netcheck, ping, doctor, bugreport and bench, as processes against a real mesh."""

import json

import pytest

from tests.support.mesh import Agent, Mesh, eventually

STEPS = ["dns", "tcp", "tls", "websocket", "challenge", "round_trip", "authenticated"]


def states(way: dict[str, object]) -> dict[str, str]:
    steps: list[dict[str, str]] = way["steps"]  # type: ignore[assignment]
    return {step["name"]: step["state"] for step in steps}


@pytest.fixture(scope="module")
def pair(mesh: Mesh) -> list[Agent]:
    return mesh.friends("alice", "bob")


def test_netcheck_goes_all_the_way_with_a_daemon_and_without(mesh: Mesh) -> None:
    erin = mesh.agent("erin")
    with_daemon = erin.ask("netcheck")
    assert list(states(with_daemon["relay"])) == STEPS
    assert set(states(with_daemon["relay"]).values()) == {"ok", "skipped"}
    assert with_daemon["relay"]["steps"][-1]["facts"]["by"] == "daemon"
    assert with_daemon["registry"]["steps"][-1]["state"] == "ok"
    assert erin.is_connected(), "it was not pushed out of its place"

    erin.down()
    without = erin.ask("netcheck")
    assert without["relay"]["steps"][-1]["facts"]["by"] == "keys"
    assert without["registry"]["steps"][-1]["facts"]["is_known"] is True


def test_netcheck_of_a_home_without_keys_leaves_out_what_needs_them(mesh: Mesh) -> None:
    nobody = Agent(mesh.folder / "nobody", mesh.environment)
    report = nobody.ask("netcheck")
    assert states(report["relay"])["authenticated"] == "skipped"
    assert not nobody.home.exists(), "looking makes no home"


def test_netcheck_says_what_is_wrong_and_ends_with_75(mesh: Mesh) -> None:
    nobody = Agent(mesh.folder / "nobody", mesh.environment)
    error = nobody.fails(75, "netcheck", "--relay", "ws://127.0.0.1:9")
    assert (error["code"], error["message"]) == ("not_reachable", "Nobody listens on port 9.")
    assert nobody.fails(2, "netcheck", "--relay", "ftp://x")["code"] == "invalid_url"


def test_ping_answers_inside_an_open_session_only(pair: list[Agent]) -> None:
    alice, bob = pair
    assert alice.fails(5, "ping", "bob")["code"] == "no_session"
    assert alice.ask("send", "bob", "hello", "--wait", "60")["outcome"] == "delivered"
    found = alice.ask("ping", "bob", "--count", "2")
    assert (found["sent"], found["answered"]) == (2, 2)
    assert found["peer"]["p50_ms"] > 0
    assert bob.texts() == ["hello"], "no agent sees it"
    assert alice.texts() == []
    bob.ask("contacts", "remove", "alice")
    eventually(lambda: not alice.status()["sessions"])
    assert alice.fails(5, "ping", "bob")["code"] == "no_session"
    assert alice.fails(2, "ping", "nobody")["code"] == "unknown_peer"


def test_doctor_mends_what_is_safe(pair: list[Agent]) -> None:
    alice, _ = pair
    (alice.home / "keys").chmod(0o755)
    secret = alice.home / "keys" / "identity.sealed"
    secret.chmod(0o644)
    told = alice.ask("doctor", "--fix")
    assert {it["id"] for it in told["mended"]} == {"directory_open", "file_open"}
    assert not {"directory_open", "file_open", "key_file_mode"} & {
        it["id"] for it in told["findings"]
    }
    assert alice.ask("doctor", "--fix")["mended"] == []
    assert alice.is_connected()


def test_a_bug_report_holds_nothing_that_is_nobodys_business(mesh: Mesh) -> None:
    canary = "kanarienvogel"
    alice, bob = mesh.agent(f"{canary}1"), mesh.agent(f"{canary}2", "--capability", canary)
    for one, other in ((alice, bob), (bob, alice)):
        one.ask("contacts", "add", other.amid, "--alias", f"{canary}3")
    sent = alice.ask("send", bob.amid, f"{canary}4", "--intent", f"x-{canary}/5", "--wait", "60")
    assert sent["outcome"] == "delivered"
    path = bob.home.parent / "report.json"
    told = bob.ask("bugreport", "--yes", "--output", path)
    text = path.read_text()
    assert told["bytes"] == len(text)
    report = json.loads(text)
    assert report["storage"]["database"]["format"] == report["storage"]["database"]["ours"]
    assert report["audit"]["message_received"] == 1
    assert report["log"]["facts"]
    assert canary not in text.lower()
    public = json.loads((bob.home / "keys" / "identity.json").read_text())
    secrets = [public["signing_public_key"], public["exchange_public_key"], str(bob.home)]
    secrets += [alice.amid, bob.amid, sent["session_id"], sent["message_id"]]
    assert [it for it in secrets if it in text] == []
    assert bob.fails(2, "bugreport")["code"] == "not_confirmed"
