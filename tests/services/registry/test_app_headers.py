"""What every answer carries, and how even what is no request is answered."""

import asyncio
import logging

import msgspec
import pytest

from tests.support.asking import Asker

SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "AgentMesh",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NO_REQUESTS = {
    "a word": b"garbage",
    "a long line": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"b" * 9000,
    "a method of its own": b"BREW /v1/stats HTTP/1.1\r\nHost: x",
    "a broken address": b"GET http://[::1 HTTP/1.1\r\nHost: x",
    "a length below nothing": b"POST /v1/registry/status HTTP/1.1\r\nContent-Length: -5",
    "two lengths": b"POST /v1/registry/status HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6",
}


@pytest.mark.parametrize("target", ["/v1/stats", "/v1/docs", "/nothing", "/healthz"])
async def test_every_answer_is_safe_in_a_browser(light: Asker, target: str) -> None:
    headers = (await light.get(target)).headers
    assert SAFE.items() <= dict(headers).items()
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_operators_port_answers_likewise(light: Asker) -> None:
    asker = Asker(light.admin_url, "", light.clock)
    try:
        served, missing = await asker.get("/metrics"), await asker.get("/v1/stats")
        wrong = await asker.send("POST", "/metrics", b"{}")
    finally:
        await asker.session.close()
    assert served.status == 200
    assert missing.refusal == (404, "not_found")
    assert wrong.refusal == (405, "method_not_allowed")
    for answer in (served, missing, wrong):
        assert SAFE.items() <= dict(answer.headers).items()


@pytest.mark.parametrize("name", NO_REQUESTS)
async def test_what_is_no_request_is_refused_and_not_repeated(
    light: Asker, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        head, body = await said(light.url, NO_REQUESTS[name] + b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert b"Content-Type: application/problem+json" in head
    assert b"Server: AgentMesh" in head
    problem = msgspec.json.decode(body)
    assert (problem["code"], problem["detail"]) == (
        "invalid_request",
        "That is no HTTP request.",
    )
    assert not [it for it in caplog.records if it.name.startswith("aiohttp")]


async def test_who_expects_something_odd_is_served_all_the_same(light: Asker) -> None:
    request = b"GET /v1/stats HTTP/1.1\r\nHost: x\r\nExpect: %s\r\nConnection: close\r\n\r\n"
    head, _ = await said(light.url, request % b"a miracle")
    assert head.startswith(b"HTTP/1.1 200 ")
    head, _ = await said(light.url, request % b"100-continue")
    assert head.startswith(b"HTTP/1.1 100 Continue")


async def said(url: str, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes; return the head of what comes back, and the rest."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body
