"""From HTTP to a call and back, against a daemon's rooms."""

import asyncio
import json

import msgspec
import pytest

from agentmesh.control import calls
from agentmesh.control.table import REQUESTS
from agentmesh.daemon.dashboard import door as rules
from agentmesh.daemon.dashboard import listener
from agentmesh.daemon.dashboard.tokens import FRESH_SECONDS
from tests.support.tab import Tab, exchange, heard, request, tab_in
from tests.unit.daemon.conftest import House


async def test_the_page_is_there_without_a_token_and_nothing_else_is(tab: Tab) -> None:
    page = await tab.raw()
    assert (page.status, page.body) == (200, b"<!doctype html>")
    empty = await tab.raw("HEAD")
    assert (empty.status, empty.headers["content-length"]) == (200, "15")
    assert empty.body == b""
    tab.bearer = ""
    for target in ("/api/ticket", "/api/logout", "/api/call/status", "/api/call/nonsense"):
        assert (await tab.post(target)).status == 401


async def test_an_answer_is_that_of_the_socket(house: House, tab: Tab) -> None:
    await house.hear("hello")
    for name, params in (("knocks.list", {"pending": False}), ("sessions", {}), ("settings", {})):
        said = await tab.call(name, **params)
        assert said.status == 200
        assert said.json == json.loads(json.dumps(await house.ask(name, **params)))


async def test_an_error_is_told_with_a_fitting_status(tab: Tab) -> None:
    for name, params, status, code in (
        ("knocks.approve", {"id": "x"}, 400, "unknown_knock"),
        ("no.such_call", {}, 404, "unknown_call"),
        ("contacts.show", {"peer": "nobody"}, 400, None),
        ("policy.set", {"key": "x", "value": 1}, 400, None),
        ("status", {"foreign": 1}, 400, "invalid_argument"),
    ):
        said = await tab.call(name, **params)
        assert said.status == status
        assert set(said.json["error"]) == {"code", "message", "hint", "kind"}
        assert code is None or said.code == code


@pytest.mark.parametrize("scope", ["view", "control"])
async def test_no_bearer_makes_another_one(house: House, scope: str) -> None:
    tab = await tab_in(house.caller, scope)
    for name in ("dashboard.open", "dashboard.close", "dashboard.address", "hello"):
        assert (await tab.call(name)).code == "not_here"


async def test_who_only_looks_is_refused_every_change(house: House) -> None:
    tab = await tab_in(house.caller, "view")
    for name in ("pause", "emergency_stop", "policy.set", "kill", "transcripts.keys"):
        params = {it.name: "x" for it in _required(name)}
        assert (await tab.call(name, **params)).code == "view_only"
    assert (await tab.post("/api/logout", {"all": True})).code == "view_only"
    assert not house.pair.high.hand.switches.paused


def _required(name: str) -> list[msgspec.structs.FieldInfo]:
    return [it for it in msgspec.structs.fields(REQUESTS[name].request) if it.required]


async def test_after_a_while_what_lasts_asks_for_the_owner(house: House, tab: Tab) -> None:
    house.pair.high.clock.advance(FRESH_SECONDS)
    assert (await tab.call("block", peer=house.pair.low.amid)).code == "reauthenticate"
    assert (await tab.call("pause")).status == 200
    tab.token = Tab((await house.caller.ask("dashboard.open"))["url"]).token
    await tab.come_in()
    assert (await tab.call("block", peer=house.pair.low.amid)).json["blocked"] is True


async def test_an_emergency_stop_works_however_old_the_tab_and_busy_the_door_is(
    house: House, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pair.high.clock.advance(FRESH_SECONDS)
    monkeypatch.setattr(rules, "MAX_AT_WORK", 0)
    assert (await tab.call("status")).code == "busy"
    assert (await tab.call("emergency_stop")).json["stopped"] is True
    assert house.pair.high.hand.switches.emergency


async def test_two_tabs_with_one_address_and_one_is_in(house: House) -> None:
    tab = Tab((await house.caller.ask("dashboard.open"))["url"])
    came = [tab.post("/api/bootstrap", {"token": tab.token}) for _ in range(8)]
    assert sorted(it.status for it in await asyncio.gather(*came)) == [200, *[401] * 7]


async def test_a_bearer_that_left_is_out(tab: Tab) -> None:
    assert (await tab.post("/api/logout")).json == {"ended": 1}
    assert (await tab.call("status")).code == "unauthorized"


BESIDE = (
    "/../agentmesh.db", "/static/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd", "/static/..\\..\\etc\\passwd", "/%00", "/index.html%00.js",
    "/etc/passwd", "/./", "/static", "/api", "/api/call/", "/api/call/status/",
    "/api/call/STATUS", "/api/call/../ticket", "/api/call/status%20", "/API/ticket",
    "/__init__.py", "/;/", "/.well-known/x", "/api/bootstrap/", "/index.html;x",
)  # fmt: skip


async def test_there_is_nothing_beside_the_list(tab: Tab) -> None:
    for target in BESIDE:
        method = "POST" if target.startswith("/api/") else "GET"
        headers = {"Authorization": f"Bearer {tab.bearer}"} if method == "POST" else {}
        assert (await tab.raw(method, target, headers=headers)).code == "not_found", target


async def test_a_token_in_an_address_or_a_cookie_opens_nothing(tab: Tab) -> None:
    secret, tab.bearer = tab.bearer, ""
    assert (await tab.post(f"/api/call/status?bearer={secret}")).code == "malformed"
    assert (await tab.post(f"/api/call/status?access_token={secret}")).code == "malformed"
    assert (await tab.post("/api/call/status", cookie=f"bearer={secret}")).code == "unauthorized"
    assert (await tab.post("/api/call/status", {"bearer": secret})).code == "unauthorized"


async def test_what_is_too_large_is_not_read(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_LINGER_SECONDS", 0.05)
    size = 64 * 1024 * 1024
    headers = {"Content-Length": str(size), "Authorization": f"Bearer {tab.bearer}"}
    said = await tab.raw("POST", "/api/call/policy.test", body=b"{", headers=headers)
    assert (said.status, said.code) == (413, "too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_LINGER_SECONDS", 0.05)
    monkeypatch.setattr(rules, "BODY_SECONDS", 0.05)
    said = await tab.raw("POST", "/api/bootstrap", body=b"{", headers={"Content-Length": "9"})
    assert (said.status, said.code) == (408, "too_slow")


DEEP = b"[" * 200_000
HUGE = b'{"document":"' + b"\\u0000" * 150_000 + b'"}'


NO_POLICIES = (
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", DEEP, b"{\"document\":" + DEEP, HUGE,
    b'{"document":"{\\"__proto__\\":{\\"x\\":1}}"}', b'{"__proto__":{}}',
    b'{"constructor":{"prototype":{}}}', b'{"document":"{\\"blocklist\\":1e999}"}',
    b'{"document":"{}","document":"x"}', b'{"document":"{\\"strict_mode\\":true,'
    b'\\"strict_mode\\":false}"}', b'{"document":"NaN"}', b'{"document":"\\ud800"}',
)  # fmt: skip


async def test_no_policy_comes_of_what_is_none(house: House, tab: Tab) -> None:
    before = house.caller.rooms.policy.current()
    for body in NO_POLICIES:
        headers = {"Authorization": f"Bearer {tab.bearer}", "Content-Length": str(len(body))}
        for name in ("policy.test", "policy.replace", "policy.set"):
            said = await tab.raw("POST", f"/api/call/{name}", body=body, headers=headers)
            assert said.status == 400, body[:80]
            assert len(said.body) < 4096
    assert house.caller.rooms.policy.current() == before


async def test_nothing_that_follows_a_refused_request_counts(house: House, tab: Tab) -> None:
    own = {"Authorization": f"Bearer {tab.bearer}", "Connection": ""}
    good = request(tab.port, "POST", "/api/call/pause", body=b"{}", headers=own)
    bad = request(tab.port, headers={"Host": "evil.example", "Connection": ""})
    answers = await exchange(tab.port, bad + good)
    assert answers.count(b"HTTP/1.1") == 1
    assert heard(answers).code == "wrong_host"
    assert not house.pair.high.hand.switches.paused


async def test_an_approval_is_of_what_was_shown(house: House, tab: Tab) -> None:
    await house.ask("policy.set", key="default_autonomy", value="draft")
    message_id = await house.hear()
    await house.ask("reply", permit="agent", message_id=message_id, body="yes")
    (draft,) = (await tab.call("approvals.list")).json["approvals"]
    assert (await tab.call("approvals.approve", id=draft["id"])).code == "digest_needed"
    other = draft["digest"].translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    said = await tab.call("approvals.approve", id=draft["id"], digest=other)
    assert said.status >= 400
    assert (await tab.call("approvals.list")).json["approvals"][0]["state"] == "waiting"
    said = await tab.call("approvals.approve", id=draft["id"], digest=draft["digest"])
    assert said.json["approval"]["state"] == "approved"
    said = await tab.call("approvals.approve", id=draft["id"], digest=draft["digest"])
    assert said.status >= 400  # once is enough


async def test_the_door_says_what_the_contract_of_params_is(tab: Tab) -> None:
    assert calls.MAX_LINE == rules.MAX_BODY
    assert (await tab.post("/api/bootstrap", {"token": 1})).code == "invalid_argument"
    assert (await tab.post("/api/bootstrap", {"token": "x" * 201})).code == "invalid_argument"
    assert (await tab.post("/api/logout", {"every": 1})).code == "invalid_argument"


HOSTILE = '=HYPERLINK("http://evil")\x1b]0;owned\x07\u202e<script>alert(1)</script>\x00\x9b2J\ufeff'


async def test_hostile_words_stay_words_in_json_that_no_browser_runs(
    house: House, tab: Tab
) -> None:
    await house.hear(HOSTILE)
    (listed,) = (await tab.call("transcripts.list")).json["transcripts"]
    said = await tab.call("transcripts.show", session_id=listed["session_id"])
    assert [it for it in said.json["entries"] if HOSTILE in _texts(it["payload"])]
    assert said.headers["content-type"] == "application/json"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert not [byte for byte in said.body if byte < 32]  # nothing that a terminal obeys
    assert "content-disposition" not in said.headers


def _texts(payload: object) -> list[object]:
    return list(payload.values()) if isinstance(payload, dict) else [payload]


@pytest.mark.slow
async def test_a_transcripts_key_leaves_to_a_fresh_control_tab_and_is_written_down(
    house: House, tab: Tab
) -> None:
    await house.hear("hello")
    (listed,) = (await tab.call("transcripts.list")).json["transcripts"]
    asked = {"session_id": listed["session_id"], "passphrase": "of the file"}
    looking = await tab_in(house.caller, "view")
    assert (await looking.call("transcripts.keys", **asked)).code == "view_only"
    house.pair.high.clock.advance(FRESH_SECONDS)
    assert (await tab.call("transcripts.keys", **asked)).code == "reauthenticate"
    assert not await _exported(house)
    fresh = await tab_in(house.caller)
    assert (await fresh.call("transcripts.keys", **asked)).json["file"]
    assert await _exported(house) == [listed["session_id"]]


async def _exported(house: House) -> list[str]:
    shown = await house.ask("audit.show", kinds=["session_keys_exported"])
    return [it["fields"]["session_id"] for it in shown["records"]]


async def test_a_stream_that_is_none_is_malformed(
    tab: Tab, caplog: pytest.LogCaptureFixture
) -> None:
    for more in ({}, {"Upgrade": "h2c"}, {"Upgrade": "websocket", "Connection": "Upgrade"}):
        headers = {"Origin": tab.origin, **more}
        said = await tab.raw("GET", f"/api/live?ticket={await tab.ticket()}", headers=headers)
        assert (said.status, said.code) == (400, "malformed")
    assert not caplog.records


@pytest.mark.parametrize("target", ["/api/bootstrap", "/api/call/status"])
async def test_who_hangs_up_in_the_middle_is_no_bug_of_ours(
    tab: Tab, caplog: pytest.LogCaptureFixture, target: str
) -> None:
    headers = {"Authorization": f"Bearer {tab.bearer}", "Content-Length": "9"}
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", tab.port)
        writer.write(request(tab.port, "POST", target, body=b"{", headers=headers))
        await writer.drain()
        writer.transport.abort()
    assert (await tab.call("status")).status == 200
    assert not caplog.records
