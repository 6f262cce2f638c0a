"""Times as owners type them."""

import pytest

from agentmesh.cli.records.times import moment
from agentmesh.errors import UsageError
from agentmesh.observability.world import SystemClock
from agentmesh.protocol.times import from_text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ""),
        ("2026-01-31", "2026-01-31T00:00:00.000Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"),
    ],
)
def test_a_time_is_what_it_says(text: str, meant: str) -> None:
    assert moment(text) == meant


@pytest.mark.parametrize(
    ("text", "seconds"), [("30min", 1800), ("12h", 43200), ("7d", 604800), ("2w", 1209600)]
)
def test_so_long_ago_is_counted_from_now(text: str, seconds: int) -> None:
    assert abs(SystemClock().now() - seconds - from_text(moment(text))) < 60


@pytest.mark.parametrize(
    "text", ["yesterday", "7", "d", "-1d", "2026-13-01", "2026-1-1", "999999w", "٣d", "0001-01-01x"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        moment(text)
    assert "7d" in caught.value.hint
