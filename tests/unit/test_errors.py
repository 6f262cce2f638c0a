"""The tree of errors, and what each carries."""

import inspect

import pytest

from agentmesh import errors
from agentmesh.errors import AgentMeshError, StorageError, in_words, plain

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, AgentMeshError)
]


def drawn() -> dict[str, str]:
    """Return who stands under whom in the drawing of the module's docstring."""
    under: dict[str, str] = {}
    above: list[str] = ["AgentMeshError"]
    for line in (errors.__doc__ or "").splitlines():
        stem, branch, rest = line.partition("── ")
        if branch:
            depth = (len(stem) - 1) // 4
            name = rest.split()[0]
            above = [*above[:depth], name]
            under[name] = above[depth - 1]
    return under


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == {
        kind.__name__: kind.__mro__[1].__name__ for kind in KINDS if kind is not AgentMeshError
    }


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_has_a_code_for_programs_and_words_for_people(kind: type[AgentMeshError]) -> None:
    error = kind("disk_full", "The disk is full.", "Make room.")
    assert (error.code, error.message, error.hint) == (
        "disk_full",
        "The disk is full.",
        "Make room.",
    )
    assert str(error) == "The disk is full."


def test_the_first_kind_that_fits_names_a_failure() -> None:
    known = ((FileNotFoundError, "it is not there"), (OSError, "the disk fails"))
    assert in_words(FileNotFoundError(), known, "who knows") == "it is not there"
    assert in_words(PermissionError(), known, "who knows") == "the disk fails"
    assert in_words(KeyError("x"), known, "who knows") == "who knows"


def test_a_code_is_read_as_words() -> None:
    assert plain("peer_away") == "peer away"


def test_an_error_without_words_makes_do_with_its_code() -> None:
    error = StorageError("disk_full")
    assert (error.message, error.hint) == ("disk full", "")
    assert str(error) == "disk_full"
