"""Addresses that a browser may be sent to."""

import pytest

from agentmesh.protocol.web_address import is_safe


@pytest.mark.parametrize(
    "url", ["https://id.example/a?b=c", "http://127.0.0.1:80/", "http://localhost", "http://[::1]/"]
)
def test_nobody_can_answer_for_these(url: str) -> None:
    assert is_safe(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example/", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "",
        "https://", "https:///x", "https://id.example@evil.example/", "https://a\nb/",
        "https://a b/", "https://ex\u0430mple.org/", "https://[::1", "http://127.0.0.1.evil.example/",
        "--help", "https://a/" + "x" * 5000,
    ],
    ids=lambda url: url[:40],
)  # fmt: skip
def test_these_are_not_gone_to(url: str) -> None:
    assert not is_safe(url)
