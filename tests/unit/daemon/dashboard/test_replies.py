"""What goes back over HTTP."""

import pytest

from agentmesh import errors
from agentmesh.control.failures import KINDS
from agentmesh.daemon.dashboard.replies import Reply, answered, failed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_every_kind_of_error_has_a_status_and_is_told_in_words(kind: object) -> None:
    reply = failed(kind.error("some_code", "What happened.", "What to do."))  # type: ignore[attr-defined]
    assert 400 <= reply.status < 600
    assert b'"code":"some_code","message":"What happened.","hint":"What to do."' in reply.body


def test_a_lock_says_when_to_come_back() -> None:
    reply = failed(errors.TransportError("locked"))
    assert (reply.status, reply.headers["Retry-After"]) == (429, "60")


def test_every_answer_is_closed_to_other_pages_and_to_caches() -> None:
    for reply in (answered({}), failed(errors.UsageError("x")), Reply(200, b"", "text/html")):
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert reply.headers["Content-Type"] == reply.kind
        assert not [name for name in reply.headers if name.startswith("Access-Control")]
        assert "Set-Cookie" not in reply.headers
