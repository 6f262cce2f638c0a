"""What findings have in common."""

import pytest

from agentmesh.observability.findings import Finding, off_by, told_once


@pytest.mark.parametrize(
    ("seconds", "told"), [(90.4, "90 s ahead of theirs"), (-86400.0, "86400 s behind theirs")]
)
def test_a_clock_is_ahead_or_behind(seconds: float, told: str) -> None:
    assert off_by(seconds, "theirs") == told


def test_an_open_key_file_is_told_once() -> None:
    def finding(name: str, fix: str) -> Finding:
        return Finding(name, "error", "", fix)

    of_home = finding("file_open", "chmod 600 'keys/identity.sealed'")
    other = finding("file_open", "chmod 600 'policy.json'")
    of_keys = finding("key_file_mode", of_home.fix)
    assert told_once([of_home, other, of_keys]) == [other, of_keys]
    assert told_once([of_home, other]) == [of_home, other]
