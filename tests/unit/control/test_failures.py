"""Errors on their way over the socket."""

import msgspec
import pytest

from agentmesh import errors
from agentmesh.control import failures

EXIT_CODES = {
    errors.UsageError: 2,
    errors.NotRunning: 3,
    errors.NotPermitted: 4,
    errors.Refused: 5,
    errors.TimedOut: 6,
    errors.TrustError: 7,
    errors.IntegrityError: 8,
    errors.StorageError: 8,
    errors.CryptoError: 8,
    errors.NeedsOwner: 9,
    errors.RemoteProtocolError: 75,
    errors.TransportError: 75,
}


@pytest.mark.parametrize(("error", "exit_code"), EXIT_CODES.items())
def test_an_error_arrives_as_what_it_was(
    error: type[errors.AgentMeshError], exit_code: int
) -> None:
    told = failures.failure(error("some_code", "Why.", "What to do."))
    arrived = failures.error_in(told)
    assert type(arrived) is error
    assert (arrived.code, arrived.message, arrived.hint) == ("some_code", "Why.", "What to do.")
    assert failures.kind_of(arrived).exit_code == exit_code


def test_which_of_several_things_is_wrong_arrives_too() -> None:
    told = failures.failure(errors.UsageError("some_code", at=3))
    assert failures.error_in(told).at == told.data.at == 3
    plain = failures.failure(errors.UsageError("some_code"))
    assert b'"at"' not in msgspec.json.encode(plain)
    assert failures.error_in(plain).at == 0


def test_every_error_of_ours_has_an_exit_code() -> None:
    types = (it for it in vars(errors).values() if isinstance(it, type))
    every = {it for it in types if issubclass(it, errors.AgentMeshError)}
    assert every == {*EXIT_CODES, errors.AgentMeshError}


def test_a_kind_of_a_later_version_is_an_internal_error() -> None:
    told = failures.Failure(-32000, "New.", failures.Detail("new", "", "from_the_future"))
    assert failures.kind_of(failures.error_in(told)).exit_code == 70


def test_numbers_stay_within_what_json_rpc_leaves_to_servers() -> None:
    for kind in failures.KINDS:
        assert -32099 <= failures.failure(kind.error("x")).code <= -32000 or kind.word == "internal"
