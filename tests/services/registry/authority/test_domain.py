"""Asking a real name server."""

import pytest
from agentmesh_registry.authority import domain
from agentmesh_registry.authority.domain import DomainChecker

from agentmesh.errors import AgentMeshError, TransportError
from tests.support.name_server import name_server

RECORD, SAYS = "_agentmesh.acme.example", "agentmesh-verify="


async def why(checker: DomainChecker, token: str) -> str:
    try:
        await checker.check("acme.example", token)
    except AgentMeshError as error:
        return error.code
    return ""


async def trouble(checker: DomainChecker) -> str:
    with pytest.raises(TransportError) as caught:
        await checker.check("acme.example", "t")
    return caught.value.message


async def test_the_record_has_the_token() -> None:
    async with name_server() as names:
        checker = DomainChecker(names.address)
        assert await why(checker, "t") == "domain_unproved"
        names.texts[RECORD] = ["other", SAYS + "t"]
        assert await why(checker, "t") == ""
        assert await why(checker, "T") == "domain_unproved"
        assert set(names.asked) == {RECORD}


async def test_what_was_there_is_not_remembered() -> None:
    async with name_server() as names:
        checker = DomainChecker(names.address)
        names.texts[RECORD] = [SAYS + "t"]
        assert await why(checker, "t") == ""
        del names.texts[RECORD]
        assert await why(checker, "t") == "domain_unproved"


@pytest.mark.parametrize("length", [300, 500])
async def test_a_long_record_is_put_together(length: int) -> None:
    async with name_server() as names:
        names.texts[RECORD] = [SAYS + "t" * length]
        assert await why(DomainChecker(names.address), "t" * length) == ""


async def test_who_does_not_answer_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    could_not = "The DNS of acme.example could not be asked"
    monkeypatch.setattr(domain, "_SECONDS", 0.1)
    async with name_server() as names:
        names.is_silent = True
        checker = DomainChecker(names.address)
        assert await trouble(checker) == f"{could_not}: no answer came in time."
        monkeypatch.undo()
        names.is_silent, names.refuses = False, True
        assert await trouble(checker) == f"{could_not}: its name servers answer with an error."
