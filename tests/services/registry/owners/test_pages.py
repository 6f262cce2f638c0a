"""What an owner sees in the browser."""

from agentmesh_registry.owners.pages import code_page, failure_page


def test_what_an_agent_is_called_is_text() -> None:
    page = code_page("23456-789AB", "5Hq", "<script>alert(1)</script>")
    body = bytes(page.body) if isinstance(page.body, bytes) else b""
    assert b"<script>" not in body
    assert b"&lt;script&gt;" in body
    assert b"23456-789AB" in body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "script" not in page.headers["Content-Security-Policy"]


def test_a_failure_is_a_sentence_and_no_success() -> None:
    page = failure_page("It <b>is</b> over.")
    assert page.status == 400
    assert isinstance(page.body, bytes)
    assert b"It &lt;b&gt;is&lt;/b&gt; over." in page.body
