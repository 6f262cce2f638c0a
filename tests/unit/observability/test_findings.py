"""What findings have in common."""

import pytest

from agentmesh.observability.findings import off_by


@pytest.mark.parametrize(
    ("seconds", "told"), [(90.4, "90 s ahead of theirs"), (-86400.0, "86400 s behind theirs")]
)
def test_a_clock_is_ahead_or_behind(seconds: float, told: str) -> None:
    assert off_by(seconds, "theirs") == told
