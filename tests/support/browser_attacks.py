"""What pages of other sites, proxies and programs of this machine may send to a dashboard's port.

Each attack is the bytes of a request that would pause the agent if it were taken for our page's.
All of them carry a bearer that is good: not even who has stolen one may come this way.
"""

from collections.abc import Iterator, Mapping

from tests.support.tab import request

PAUSE = "/api/call/pause"
STATUS = "/api/call/status"
_HOSTS = (
    "evil.example", "rebind.evil.example:{port}", "0.0.0.0:{port}", "[::]:{port}", "127.0.0.1",
    "localhost", "127.1:{port}", "[::ffff:127.0.0.1]:{port}", "localhost.:{port}",
    "localhost.evil.example:{port}", "127.0.0.1:{port}@evil.example", "127.0.0.1:1", "",
)  # fmt: skip
_ORIGINS = (
    "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1",
    "http://localhost:{port}", "http://127.0.0.1", "http://[::1]:{port}", "file://",
    "moz-extension://0", "http://127.0.0.1:{port}.evil.example",
)  # fmt: skip
_PROXIES = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP",
    "X-Original-URL", "X-Rewrite-URL",
)  # fmt: skip
_FORMS = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "text/plain;charset=UTF-8", "application/csp-report", "application/reports+json",
)  # fmt: skip


def attacks(port: int, bearer: str) -> Iterator[tuple[str, bytes]]:
    """Yield attacks by name."""
    own = {"Authorization": f"Bearer {bearer}"}

    def post(changed: Mapping[str, str], target: str = PAUSE, body: bytes = b"{}") -> bytes:
        return request(port, "POST", target, body=body, headers={**own, **changed})

    for host in _HOSTS:
        name = host.format(port=port)
        yield f"host {host}", post({"Host": name, "Origin": f"http://{name}"})
    for origin in _ORIGINS:
        yield f"origin {origin}", post({"Origin": origin.format(port=port)})
    for site in ("cross-site", "same-site", "none"):
        yield f"a page that is {site}", post({"Sec-Fetch-Site": site})
        yield f"{site}, and hides its origin", post({"Sec-Fetch-Site": site, "Origin": ""})
    for header in _PROXIES:
        yield f"through a proxy: {header}", post({header: "127.0.0.1"})
    for form in _FORMS:
        yield f"a form of {form}", post({"Content-Type": form})
    yield "a body of no type", post({"Content-Type": ""})
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PAUSE"):
        headers = {**own, "Origin": f"http://127.0.0.1:{port}", "X-HTTP-Method-Override": "POST"}
        yield f"{method} in place of POST", request(port, method, PAUSE, headers=headers)
    preflight = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Private-Network": "true",
    }
    yield "a preflight", request(port, "OPTIONS", PAUSE, headers=preflight)
    yield "a token in the address", post({"Authorization": ""}, f"{PAUSE}?bearer={bearer}")
    yield "a token in a cookie", post({"Authorization": "", "Cookie": f"bearer={bearer}"})
    yield (
        "a token in the body",
        post({"Authorization": ""}, body=f'{{"bearer":"{bearer}"}}'.encode()),
    )
    yield "basic", post({"Authorization": f"Basic {bearer}"})
    yield "a call in capitals", post({}, "/api/call/PAUSE")
    yield "an address in a parameter", post({}, f"{PAUSE}?relay=ws://evil.example")
    yield from _smuggled(port, bearer)


def _smuggled(port: int, bearer: str) -> Iterator[tuple[str, bytes]]:
    """Yield requests about whose end two readers may disagree, with a good one inside."""
    inner = request(port, "POST", PAUSE, body=b"{}", headers={"Authorization": f"Bearer {bearer}"})
    head = (
        f"POST {STATUS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\n"
    ).encode()
    chunked = b"0\r\n\r\n" + inner
    for name, lines, body in (
        ("both lengths", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", chunked),
        ("chunked", b"Transfer-Encoding: chunked\r\n", chunked),
        ("chunked, in another case", b"transfer-ENCODING: chunked\r\n", chunked),
        ("chunked, with a space", b"Transfer-Encoding : chunked\r\n", chunked),
        ("chunked, twice", b"Transfer-Encoding: identity, chunked\r\n", chunked),
        ("two lengths", b"Content-Length: 2\r\nContent-Length: 0\r\n", b"{}" + inner),
        ("a length with a sign", b"Content-Length: +2\r\n", b"{}" + inner),
        ("a length in hex", b"Content-Length: 0x2\r\n", b"{}" + inner),
        ("a negative length", b"Content-Length: -1\r\n", inner),
        ("two lengths in one", b"Content-Length: 2, 2\r\n", b"{}" + inner),
        ("a folded line", b"X: y\r\n Content-Length: 2\r\n", inner),
        ("a bare line feed", b"X: y\nContent-Length: 0\r\n", inner),
        ("a null in a header", b"X: \x00\r\n", inner),
        ("two hosts", b"Host: evil.example\r\nContent-Length: 2\r\n", b"{}" + inner),
        ("an upgrade", b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n", inner),
        ("an expectation", b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"{}" + inner),
    ):
        yield f"smuggled: {name}", head + lines + b"\r\n" + body
    absolute = inner.replace(b"POST /", f"POST http://127.0.0.1:{port}/".encode(), 1)
    yield "an absolute target", absolute
    yield "a target of another host", inner.replace(b"POST /", b"POST //evil.example/", 1)
    yield "the second protocol", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inner
    yield "an old protocol without a host", f"POST {PAUSE} HTTP/1.0\r\n\r\n".encode() + inner
    yield "behind what is none", b"\x16\x03\x01\x02\x00" + inner
