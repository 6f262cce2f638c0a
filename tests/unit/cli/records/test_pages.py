"""How an entry looks."""

from agentmesh.cli.records.pages import paragraph
from agentmesh.control import answers


def test_nothing_of_what_was_said_passes_for_a_line_of_ours() -> None:
    entry = answers.Entry(
        number=1, at="T", kind="received", peer="p", peer_name="", message_id="m", type="text",
        payload={"text": "one\n2  T  to somebody\x1b[0m"},
    )  # fmt: skip
    head, *said = paragraph(entry).splitlines()
    assert head == "1  T  from p  text"
    assert all(line.startswith("  ") for line in said)
    assert "\x1b" not in paragraph(entry)
