"""Where notices may be sent."""

import pytest

from agentmesh.policy.ways import is_private_way


@pytest.mark.parametrize(
    "url",
    [
        "https://ntfy.example.org/topic",
        "https://192.168.1.2:8443/hook?x=1",
        "http://127.0.0.1:9000/hook",
        "http://localhost/hook",
        "http://[::1]:80/",
    ],
)
def test_https_and_this_machine_are_private(url: str) -> None:
    assert is_private_way(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org/hook",
        "http://127.0.0.1.example.org/",
        "http://192.168.1.2/hook",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://user:secret@example.org/",
        "https://user@example.org/",
        "https://",
        "https:///path",
        "https://example.org:port/",
        "https://[::1/",
        "https://example.org/a b",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nHost: x",
        "https://exämple.org/",
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not is_private_way(url)
