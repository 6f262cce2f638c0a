"""A code that a camera can read off a terminal."""

from agentmesh.cli.consent.qr import qr_code


def test_a_code_is_lines_of_blocks_of_one_width() -> None:
    lines = qr_code("agentmesh:verify/1/a/b/" + "0" * 60).splitlines()
    assert len(lines) > 15
    assert set("".join(lines)) & set("█▀▄")
