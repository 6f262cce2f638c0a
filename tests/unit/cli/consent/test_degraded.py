import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell


def allowed(*suites: str, ended: int = 0) -> answers.SuitesAllowed:
    return answers.SuitesAllowed(amid=BOB, allowed=list(suites), pinned="", sessions_ended=ended)


@pytest.mark.parametrize(
    ("options", "request_made"),
    [
        ((), calls.ContactsAllowDegraded(peer="bob")),
        (("--suite", "olm.v1"), calls.ContactsAllowDegraded(peer="bob", suite="olm.v1")),
        (("--never",), calls.ContactsAllowDegraded(peer="bob", never=True)),
    ],
)
def test_the_owner_permits_by_name(
    mesh: Shell, script: Script, options: tuple[str, ...], request_made: object
) -> None:
    script.answers["contacts.allow_degraded"] = allowed("olm.v1")
    said = mesh("contacts", "allow-degraded", "bob", *options)
    assert f"olm.v1 may be used with {BOB}" in said.out
    assert script.asked[0][1] == request_made


def test_what_is_taken_back_is_told_with_what_ended(mesh: Shell, script: Script) -> None:
    script.answers["contacts.allow_degraded"] = allowed(ended=2)
    said = mesh("contacts", "allow-degraded", "bob", "--never")
    assert said.out == f"No weak suite with {BOB}; 2 sessions ended.\n"


def test_the_floor_is_not_a_weak_suite(mesh: Shell) -> None:
    assert mesh("contacts", "allow-degraded", "bob", "--suite", "pqxdh-dr.v1").code == 2
