"""The dashboard's door as attackers find it: real programs, and raw bytes at the port."""

import asyncio
import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.support.browser_attacks import attacks
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.ports import free_port
from tests.support.tab import LOOPBACK, Tab, exchange, heard, request

LOOKED_AT = (
    "policy.get", "contacts.list", "breakers.list", "knocks.list", "sessions", "approvals.list",
)  # fmt: skip
AT_ONCE = 16


@pytest.fixture(scope="module")
def alice(mesh: Mesh) -> Agent:
    return mesh.agent("alice")


@pytest.fixture(scope="module")
def mallory(mesh: Mesh) -> Agent:
    """An agent whose dashboard has a port by its own settings."""
    agent = mesh.newcomer("mallory")
    agent.home.mkdir(mode=0o700)
    (agent.home / "config.json").write_text(json.dumps({"dashboard_port": free_port()}))
    agent.up("--key-storage", "file")
    eventually(agent.is_connected)
    return agent


def opened(agent: Agent, *options: str) -> Tab:
    return Tab(agent.ask("dashboard", "--no-open", "--port", "0", *options)["url"])


async def tab_of(agent: Agent, *options: str) -> Tab:
    tab = opened(agent, *options)
    await tab.come_in()
    return tab


async def state(tab: Tab) -> list[bytes]:
    """Return all that an attack could have changed, as the owner sees it."""
    return [(await tab.call(name)).body for name in LOOKED_AT]


async def answers_to(tab: Tab) -> dict[str, bytes]:
    """Return what is answered to each attack, by its name."""
    said = list(attacks(tab.port, tab.bearer))
    heard: dict[str, bytes] = {}
    for some in (said[start : start + AT_ONCE] for start in range(0, len(said), AT_ONCE)):
        answers = await asyncio.gather(*(exchange(tab.port, attack) for _, attack in some))
        heard |= zip((name for name, _ in some), answers, strict=True)
    return heard


async def test_the_owner_comes_in_and_sees_what_the_command_line_sees(alice: Agent) -> None:
    tab = await tab_of(alice)
    page = await tab.raw()
    assert page.status == 200
    assert b"<script" in page.body
    assert (await tab.call("status")).json["amid"] == alice.amid
    assert (await tab.call("contacts.list")).json["contacts"] == alice.ask("contacts")["contacts"]
    kept = [path for path in alice.home.rglob("*") if path.is_file()]
    assert not [path for path in kept if tab.bearer.encode() in path.read_bytes()]


async def test_no_attack_changes_anything_or_tells_anything(
    alice: Agent, record_property: Callable[[str, object], None]
) -> None:
    tab = await tab_of(alice)
    before = await state(tab)
    answers = await answers_to(tab)
    assert not [name for name, answer in answers.items() if alice.amid.encode() in answer]
    for name, answer in answers.items():
        for line in answer.split(b"\r\n"):
            if line.startswith(b"HTTP/1.1 "):
                assert int(line.split()[1]) >= 400, (name, answer)
        assert b"access-control" not in answer.lower(), name
        assert b"set-cookie" not in answer.lower(), name
    assert await state(tab) == before
    assert (await tab.call("status")).json["paused"] is False
    record_property("attacks", len(answers))
    assert len(answers) >= 60


async def test_the_same_request_of_our_own_page_is_taken(alice: Agent) -> None:
    tab = await tab_of(alice)
    assert (await tab.call("pause")).json["paused"] is True
    assert (await tab.call("resume")).json["paused"] is False


@pytest.mark.parametrize("host", ["0.0.0.0", *(host for host, _ in LOOPBACK)])
async def test_who_dials_another_address_of_this_machine_needs_the_right_name(
    alice: Agent, host: str
) -> None:
    tab = opened(alice)
    name = f"[{host}]:{tab.port}" if ":" in host else f"{host}:{tab.port}"
    answer = heard(await exchange(tab.port, request(tab.port, headers={"Host": name}), host))
    assert answer.status == (421 if host == "0.0.0.0" else 200)


def test_it_is_not_on_this_machines_other_addresses(alice: Agent) -> None:
    tab = opened(alice)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no other address")
        own = way.getsockname()[0]
    with socket.socket() as dial:
        dial.settimeout(5)
        assert dial.connect_ex((own, tab.port)) != 0 or own.startswith("127.")


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:1", ""])
async def test_a_stream_opens_for_our_page_alone(alice: Agent, origin: str) -> None:
    tab = await tab_of(alice)
    url = f"{tab.origin}/api/live?ticket={await tab.ticket()}"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(url, headers={"Origin": origin} if origin else {})
        assert caught.value.status == 403
        stream = await session.ws_connect(url, headers={"Origin": tab.origin})
        assert "snapshot" in await stream.receive_json()
        await stream.close()


async def test_a_token_that_was_taken_back_ends_an_open_stream(alice: Agent) -> None:
    tab = await tab_of(alice)
    async with tab.live() as live:
        await live.next()
        closing = asyncio.to_thread(alice.ask, "dashboard", "--close")
        code, told = await asyncio.gather(live.end(), closing)
    assert code == 4401
    assert told["ended"] >= 1
    tab.port = opened(alice).port
    tab.origin = f"http://127.0.0.1:{tab.port}"
    assert (await tab.call("status")).code == "unauthorized"


async def test_wrong_tokens_lock_the_door_and_the_audit_log_says_so(mallory: Agent) -> None:
    inside, tab = (Tab(mallory.ask("dashboard", "--no-open")["url"]) for _ in range(2))
    await inside.come_in()
    for _ in range(10):
        assert (await tab.post("/api/bootstrap", {"token": "x"})).code == "bootstrap_invalid"
    assert (await tab.post("/api/bootstrap", {"token": tab.token})).code == "locked"
    assert (await inside.call("status")).status == 200
    events = {it["event"] for it in mallory.audit()}
    assert {"dashboard_opened", "dashboard_locked"} <= events


async def test_who_only_looks_stays_so(alice: Agent) -> None:
    tab = await tab_of(alice, "--view")
    before = await state(tab)
    for name in ("pause", "emergency_stop", "policy.set", "dashboard.open", "transcripts.keys"):
        said = await tab.call(name, key="strict_mode", value=True)
        assert said.status in {400, 403}
    assert await state(tab) == before


@pytest.mark.parametrize(("host", "family"), LOOPBACK)
def test_who_took_the_port_on_either_address_gets_no_token_and_the_daemon_goes_on(
    alice: Agent, host: str, family: socket.AddressFamily
) -> None:
    with socket.create_server((host, 0), family=family) as squatter:
        port = squatter.getsockname()[1]
        error = alice.fails(75, "dashboard", "--no-open", "--port", str(port))
    assert error["code"] == "port_taken"
    assert str(port) in error["message"]
    assert "dashboard_port" in error["hint"]
    assert alice.status()["amid"] == alice.amid
    assert alice.ask("dashboard", "--no-open", "--port", "0")["url"]


def test_another_home_has_another_port_by_its_settings(mallory: Agent) -> None:
    port = json.loads((mallory.home / "config.json").read_text())["dashboard_port"]
    assert Tab(mallory.ask("dashboard", "--no-open")["url"]).port == port


def test_the_browser_is_led_there_and_no_program_is_told_the_token(
    alice: Agent, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/started\n')
    browser.chmod(0o700)
    alice.environment |= {"DISPLAY": ":9", "BROWSER": str(browser)}
    told = alice.ask("dashboard", "--port", "0")
    token = Tab(told["url"]).token
    led = alice.home / "run" / "dashboard.html"
    assert told["opened"] is True
    assert (tmp_path / "started").read_text().strip() == led.as_uri()
    assert token in led.read_text()
    assert stat.S_IMODE(led.stat().st_mode) == 0o600
    asked = alice.ask("tool", "mesh_dashboard", "{}")
    assert asked["opened"] is True
    assert (tmp_path / "started").read_text().strip() == asked["url"]
    assert "#" not in asked["url"]
    kept = [path for path in alice.home.rglob("*") if path.is_file() and path != led]
    assert not [path for path in kept if token.encode() in path.read_bytes()]


async def test_a_knock_is_on_the_page_at_once_and_let_in_from_there(
    alice: Agent, mallory: Agent
) -> None:
    tab = await tab_of(alice)
    async with tab.live() as live:
        assert (await live.next())["snapshot"]["knocks"] == {"knocks": []}
        await asyncio.to_thread(mallory.ask, "send", alice.amid, "let me in")
        while not (shown := (await live.change())["parts"].get("knocks", {}).get("knocks")):
            pass
    (knock,) = shown
    assert knock["from"] == mallory.amid
    decided = await tab.call("knocks.approve", id=knock["id"])
    assert decided.json["knock"]["verdict"] == "accepted"
    await asyncio.to_thread(eventually, lambda: alice.texts() == ["let me in"])
