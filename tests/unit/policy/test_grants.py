"""What was granted, in one question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.policy.grants import FILE_IN, TEXT, Grant, GrantVerdict, judge, read_kind, task_kind

ALLOWED = GrantVerdict("allow")


@pytest.mark.parametrize(
    "kind", ["text", "file-in", "file-out", "task:translate", "memory:team/recipes", " TEXT "]
)
def test_kinds_have_names(kind: str) -> None:
    assert read_kind(kind) == kind.strip().lower()


@pytest.mark.parametrize(
    "kind", ["", "files", "task:", "memory:a b", "task:" + "x" * 65, "text\n", "task:ä", "memory"]
)
def test_nothing_else_is_a_kind(kind: str) -> None:
    if kind == "text\n":
        assert read_kind(kind) == "text"
        return
    with pytest.raises(UsageError):
        read_kind(kind)


def test_without_a_grant_a_peer_may_talk_and_its_files_are_asked_about() -> None:
    assert judge(TEXT, None, 0) == judge(task_kind("Travel"), None, 0) == ALLOWED
    asked = GrantVerdict("ask_owner", "not_granted")
    assert judge(FILE_IN, None, 0) == judge("memory:all", None, 0) == asked


@given(
    st.booleans(),
    st.none() | st.floats(0, 100),
    st.none() | st.integers(0, 5),
    st.floats(0, 100),
    st.integers(1, 5),
)
def test_a_grant_allows_within_its_bounds_only(
    revoked: bool, until: float | None, uses_left: int | None, now: float, uses: int
) -> None:
    grant = Grant(kind=TEXT, given_at=0, uses_left=uses_left, until=until, revoked=revoked)
    is_within = (
        not revoked and (until is None or now < until) and (uses_left is None or uses <= uses_left)
    )
    verdict = judge(TEXT, grant, now, uses)
    assert (verdict == ALLOWED) is is_within
    assert verdict.decision in {"allow", "refuse"}


def test_uses_are_used_up_and_no_grant_without_a_bound_is() -> None:
    grant = Grant(kind=TEXT, given_at=0, uses_left=2)
    assert grant.used().uses_left == 1
    assert grant.used(5).uses_left == 0
    assert Grant(kind=TEXT, given_at=0).used().uses_left is None
