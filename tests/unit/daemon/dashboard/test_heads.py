"""Which requests are our own page's: judged by the head alone."""

import pytest

from agentmesh.daemon.dashboard.heads import NAMES, Head, allowed, bearer_in, judge
from agentmesh.errors import AgentMeshError

PORT = 7777
HOST = f"127.0.0.1:{PORT}"
OURS = {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
WRITE = {**OURS, "content-type": "application/json"}


def head(method: str, target: str, headers: dict[str, str], *more: tuple[str, str]) -> Head:
    return Head(method, target, [*((k, v) for k, v in headers.items() if v), *more])


def post(target: str = "/api/call/status", *more: tuple[str, str], **changed: str) -> Head:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return head("POST", target, {**WRITE, **named}, *more)


def code_of(asked: Head) -> str:
    with pytest.raises(AgentMeshError) as caught:
        judge(asked, PORT)
    return caught.value.code


@pytest.mark.parametrize("name", NAMES)
def test_our_page_is_ours_under_each_of_its_three_names(name: str) -> None:
    host = f"{name}:{PORT}"
    judge(post(host=host, origin=f"http://{host}"), PORT)
    judge(head("GET", "/", {"host": host}), PORT)


@pytest.mark.parametrize(
    "host",
    [
        "", "127.0.0.1", "localhost", "127.0.0.1:7778", "127.0.0.1:07777", "evil.example:7777",
        "evil.example", "0.0.0.0:7777", "[::]:7777", "[::1]", "[::ffff:127.0.0.1]:7777",
        "127.1:7777", "2130706433:7777", "0x7f.1:7777", "127.0.0.2:7777", "localhost.:7777",
        "LOCALHOST:7777", "localhost:7777.", "127.0.0.1:7777@evil.example", "127.0.0.1:7777, x",
        "localhost.evil.example:7777", "user@127.0.0.1:7777", "127.0.0.1:7777/", "127.0.0.1:7777#",
        "127.0.0.1 :7777", "127.0.0.1:7777\x00", "7777.rebind.example:7777",
    ],
)  # fmt: skip
def test_every_other_name_is_another_address_whatever_it_resolves_to(host: str) -> None:
    for asked in (post(host=host, origin=f"http://{host}"), head("GET", "/", {"host": host})):
        assert code_of(asked) == "wrong_host"


def test_two_hosts_are_no_host() -> None:
    assert code_of(post("/api/ticket", ("host", HOST))) == "wrong_host"


@pytest.mark.parametrize(
    "origin",
    [
        "null", "http://evil.example", "https://127.0.0.1:7777", "http://127.0.0.1:7778",
        "http://127.0.0.1", "http://localhost:7777", "http://[::1]:7777", "http://127.0.0.1:7777/",
        "HTTP://127.0.0.1:7777", "http://127.0.0.1:7777.evil.example", "file://",
        "http://127.0.0.1:7777, http://evil.example", "chrome-extension://abc",
    ],
)  # fmt: skip
def test_a_request_of_another_origin_is_refused_and_so_is_one_between_our_names(
    origin: str,
) -> None:
    assert code_of(post(origin=origin)) == "foreign_origin"
    assert code_of(head("GET", "/", {"host": HOST, "origin": origin})) == "foreign_origin"


@pytest.mark.parametrize(
    "site", ["cross-site", "same-site", "none", "same-origin, cross-site", "x"]
)
def test_a_browser_that_says_it_comes_from_elsewhere_is_believed(site: str) -> None:
    assert code_of(post(sec_fetch_site=site)) == "foreign_origin"
    assert code_of(post(sec_fetch_site=site, origin="")) == "foreign_origin"
    script = {"host": HOST, "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    assert code_of(head("GET", "/static/app.js", script)) == "foreign_origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_the_page_itself_may_be_gone_to_but_not_framed(site: str) -> None:
    gone_to = {
        "host": HOST, "sec-fetch-site": site, "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }  # fmt: skip
    judge(head("GET", "/", gone_to), PORT)
    for dest in ("iframe", "frame", "embed", "object", ""):
        assert code_of(head("GET", "/", {**gone_to, "sec-fetch-dest": dest})) == "foreign_origin"
    for target in ("/api/live?ticket=x", "/api/call/status"):
        assert code_of(head("GET", target, gone_to)) == "foreign_origin"


@pytest.mark.parametrize(
    "name",
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything",
     "forwarded", "via", "x-real-ip", "x-original-url", "x-rewrite-url"],
)  # fmt: skip
def test_nothing_comes_through_a_proxy(name: str) -> None:
    assert code_of(post("/api/ticket", (name, "127.0.0.1"))) == "forwarded"


@pytest.mark.parametrize(
    "more",
    [("transfer-encoding", "chunked"), ("content-encoding", "gzip"), ("expect", "100-continue"),
     ("trailer", "host"), ("upgrade", "h2c"), ("upgrade", "websocket")],
)  # fmt: skip
def test_what_blurs_where_a_request_ends_is_refused(more: tuple[str, str]) -> None:
    assert code_of(post("/api/ticket", more)) == "malformed"


@pytest.mark.parametrize("name", ["origin", "content-type", "sec-fetch-site", "authorization"])
def test_what_is_there_twice_counts_for_nothing(name: str) -> None:
    asked = post("/api/ticket", (name, OURS.get(name, "x")), (name, "y"))
    read = bearer_in if name == "authorization" else lambda it: judge(it, PORT)
    with pytest.raises(AgentMeshError) as caught:
        read(asked)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:7777/api/ticket", "//evil.example/api/ticket", "*", "127.0.0.1:7777",
     "/api/ticket?token=x", "/api/call/status?bearer=x", "/?relay=ws://evil", "/api/live?token=x",
     "/?"],
)  # fmt: skip
def test_no_parameter_says_anything_and_no_token_stands_in_an_address(target: str) -> None:
    assert code_of(post(target)) == "malformed"


@pytest.mark.parametrize(
    ("method", "target", "takes"),
    [
        ("GET", "/api/call/status", ("POST",)),
        ("GET", "/api/bootstrap", ("POST",)),
        ("OPTIONS", "/api/call/status", ("POST",)),
        ("PUT", "/api/call/status", ("POST",)),
        ("POST", "/", ("GET", "HEAD")),
        ("DELETE", "/static/app.js", ("GET", "HEAD")),
        ("OPTIONS", "/", ("GET", "HEAD")),
        ("TRACE", "/", ("GET", "HEAD")),
        ("POST", "/api/live?ticket=x", ("GET",)),
    ],
)
def test_each_target_has_its_method_and_a_preflight_is_none(
    method: str, target: str, takes: tuple[str, ...]
) -> None:
    asked = head(method, target, WRITE)
    assert code_of(asked) == "method_not_allowed"
    assert allowed(asked) == takes


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "text/plain; application/json", "application/json; charset=utf-16", "application/jsonx",
     "application/json, text/plain"],
)  # fmt: skip
def test_what_a_page_may_send_without_asking_is_no_write(kind: str) -> None:
    assert code_of(post(content_type=kind)) == "not_json"


def test_a_stream_says_where_it_comes_from() -> None:
    live = "/api/live?ticket=x"
    more = {"upgrade": "websocket"}
    judge(head("GET", live, {**OURS, **more}), PORT)
    assert code_of(head("GET", live, {"host": HOST, **more})) == "foreign_origin"
    null = {"host": HOST, "origin": "null", **more}
    assert code_of(head("GET", live, null)) == "foreign_origin"


@pytest.mark.parametrize(
    ("said", "secret"),
    [("Bearer abc", "abc"), ("bearer abc", ""), ("Basic abc", ""), ("", ""), ("Bearer é", "")],
)
def test_the_bearer_stands_in_one_header_only(said: str, secret: str) -> None:
    assert bearer_in(post(authorization=said, cookie="bearer=abc")) == secret
