"""Many messages, cut into pieces that a daemon takes at once."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.control import rpc
from agentmesh.control.calls import MAX_BODIES, MAX_LINE, Body, SendAll
from agentmesh.control.pieces import pieces
from agentmesh.control.table import NAMES


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(["", "hello", "\0" * 60_000, "\u00e9" * 30_000, {"a": ["b"] * 9_000}]),
        max_size=600,
    )
)
def test_every_piece_is_a_call_that_a_daemon_takes_and_none_is_missing(bodies: list[Body]) -> None:
    found = list(pieces(bodies))
    assert [body for piece in found for body in piece] == bodies
    for piece in found:
        assert 0 < len(piece) <= MAX_BODIES
        words = "\0" * 64
        asked = SendAll(to="\0" * 200, bodies=piece, note="\0" * 280, requires=(words,) * 16)
        line = rpc.call_line(2**53, NAMES[SendAll], asked)
        assert len(line) <= MAX_LINE
        assert msgspec.json.decode(line)["params"]["bodies"] == piece


def test_a_piece_is_as_large_as_it_may_be() -> None:
    assert [len(piece) for piece in pieces(["short"] * 600)] == [256, 256, 88]
    assert [len(piece) for piece in pieces(["x" * 64_000] * 20)] == [16, 4]
