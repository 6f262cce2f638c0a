import asyncio
import json
import signal
import socket
from pathlib import Path
from urllib.request import urlopen

from websockets.asyncio.client import connect

from agentmesh.protocol.relay_frames import Disconnect, Failure, Receive
from tests.support.processes import Program, running
from tests.support.relay_client import agent, amid_called, message

BOB = amid_called("bob")


def http(url: str) -> str:
    return url.replace("ws://", "http://").removesuffix("/v1/connect")


async def get(url: str) -> tuple[int, bytes]:
    def ask() -> tuple[int, bytes]:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()

    return await asyncio.to_thread(ask)


async def test_health_is_told_on_the_same_port(url: str) -> None:
    for path in ("/healthz", "/readyz"):
        status, body = await get(http(url) + path)
        assert (status, json.loads(body)["status"]) == (200, "ok")
    assert json.loads((await get(http(url) + "/version"))[1])["service"] == "relay"


async def test_other_paths_lead_nowhere(url: str) -> None:
    host, port = http(url).removeprefix("http://").split(":")
    for request in (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET /v1/connect HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        async with asyncio.timeout(60):
            answer = await reader.read()
        assert answer.split()[1] in (b"404", b"400")
        writer.close()
        await writer.wait_closed()


async def test_compression_is_not_offered(url: str) -> None:
    async with connect(url, compression="deflate", proxy=None) as client:
        assert client.protocol.extensions == []


async def test_figures_are_told_on_the_admin_port_only(tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path, "--admin", "127.0.0.1:0")
    with running("agentmesh_relay", *arguments) as relay:
        url = relay.said("listening on ")
        async with agent(url, "alice") as alice, agent(url, "bob"):
            await alice.send(message(BOB, "1"))
            _, text = await get(relay.said("admin on "))
        assert b'agentmesh_relay_sends_total{outcome="queued",type="message"} 1.0' in text
        assert b"agentmesh_relay_agents 2.0" in text
        assert BOB.encode() not in text


async def test_going_down_says_good_bye_and_keeps_what_was_not_acknowledged(
    relay: Program, tmp_path: Path
) -> None:
    url = relay.said("listening on ")
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        assert (await alice.send(message(BOB, "1"))).outcome == "forwarded"
        await bob.hear(Receive)
        relay.process.send_signal(signal.SIGTERM)
        for client in (alice, bob):
            assert (await client.hear(Failure)).code == "SHUTTING_DOWN"
            assert (await client.hear(Disconnect)).reason == "shutting_down"
    assert relay.ended() == 0
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    with running("agentmesh_relay", *arguments) as again:
        async with agent(again.said("listening on "), "bob") as bob:
            assert (await bob.take()).id == "1"


async def test_those_who_never_hang_up_do_not_keep_it_from_going_down(
    relay: Program, url: str
) -> None:
    host, port = http(url).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert relay.terminate() == 0


async def test_nothing_that_was_carried_is_in_the_log(relay: Program, url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        await alice.send(message(BOB, "1", b"canary-canary"))
        await bob.take()
        await alice.socket.send(b"canary-canary")
        await alice.closed()
    assert relay.terminate() == 0
    assert "canary" not in relay.output
