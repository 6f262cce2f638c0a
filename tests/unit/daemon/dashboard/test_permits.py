"""What a tab may call."""

import msgspec
import pytest

from agentmesh.control import calls
from agentmesh.control.table import REQUESTS
from agentmesh.daemon.dashboard import permits
from agentmesh.daemon.dashboard.tokens import Bearer
from agentmesh.errors import NotPermitted, UsageError

CONTROL, VIEW = (
    Bearer(digest=b"", scope=scope, fresh_until=0, until=0) for scope in ("control", "view")
)
ALL = sorted(set(REQUESTS) - set(permits.NOT_HERE))
HANDS_OUT = {"transcripts.keys", "invites.make"}
LASTS = {
    "block", "knocks.block", "contacts.remove", "contacts.trust", "contacts.autonomy",
    "contacts.allow_degraded", "grants.give", "policy.set", "policy.replace", "policy.undo",
    "resume", "breakers.lift", "transcripts.erase", "shutdown",
}  # fmt: skip


def asked(name: str) -> calls.Request[object]:
    """Return a request of this name, whatever it says."""
    kind = REQUESTS[name].request
    fields = msgspec.structs.fields(kind)
    return kind(**{it.name: "x" for it in fields if it.required or it.name == "digest"})


def said_to(name: str, bearer: Bearer, *, is_fresh: bool = True) -> str:
    try:
        permits.check_name(name)
        permits.check(name, asked(name), bearer, is_fresh=is_fresh)
    except NotPermitted as error:
        return error.code
    return "yes"


def test_the_lists_name_calls_that_there_are_and_each_once() -> None:
    lists = (permits.READING, permits.ONE_CLICK, frozenset(permits.NOT_HERE))
    assert set().union(*lists) <= set(REQUESTS)
    assert sum(map(len, lists)) == len(set().union(*lists))


@pytest.mark.parametrize("name", ALL)
def test_who_only_looks_changes_nothing(name: str) -> None:
    assert said_to(name, VIEW) == ("yes" if name in permits.READING else "view_only")


@pytest.mark.parametrize("name", ALL)
def test_what_outlives_the_click_wants_the_owner_again(name: str) -> None:
    quick = name in permits.READING | permits.ONE_CLICK
    assert said_to(name, CONTROL, is_fresh=False) == ("yes" if quick else "reauthenticate")
    assert said_to(name, CONTROL) == "yes"


@pytest.mark.parametrize("name", sorted(LASTS | HANDS_OUT))
def test_what_is_forbidden_lent_or_erased_for_good_is_among_it(name: str) -> None:
    assert name not in permits.READING | permits.ONE_CLICK


def test_an_emergency_stop_never_asks() -> None:
    assert said_to("emergency_stop", CONTROL, is_fresh=False) == "yes"


@pytest.mark.parametrize("name", permits.NOT_HERE)
def test_what_names_a_path_or_makes_a_token_is_for_the_terminal(name: str) -> None:
    with pytest.raises(NotPermitted) as caught:
        permits.check_name(name)
    assert caught.value.code == "not_here"
    assert caught.value.hint.startswith("agentmesh ")


def test_no_call_that_takes_a_path_or_gives_a_token_is_left() -> None:
    paths = {name for name in ALL if "path" in REQUESTS[name].request.__struct_fields__}
    assert not paths
    assert not [name for name in ALL if name.startswith("dashboard.")]


@pytest.mark.parametrize("more", [{"confirm": True}, {"scanned": "x"}])
def test_to_see_a_safety_number_is_not_to_confirm_it(more: dict[str, object]) -> None:
    permits.check("verify", calls.Verify(peer="bob"), VIEW, is_fresh=False)
    with pytest.raises(NotPermitted):
        permits.check("verify", calls.Verify(peer="bob", **more), VIEW, is_fresh=True)


def test_what_an_invite_opens_is_not_for_who_only_looks() -> None:
    assert said_to("invites.list", VIEW) == "view_only"


def test_an_approval_names_what_was_shown() -> None:
    with pytest.raises(UsageError) as caught:
        permits.check("approvals.approve", calls.ApprovalsApprove(id="m1"), CONTROL, is_fresh=True)
    assert caught.value.code == "digest_needed"
