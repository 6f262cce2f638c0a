"""The calls that need no daemon."""

import typing

import pytest

from agentmesh.control import offline


@pytest.mark.parametrize("name", offline.ALL)
def test_the_table_and_the_annotations_name_the_same_answer(name: str) -> None:
    row = offline.ALL[name]
    (base,) = row.request.__orig_bases__
    assert typing.get_args(base) == (row.answer,)
    assert row.request.__doc__


def test_a_request_knows_its_name_and_its_answer() -> None:
    asked = offline.AuditCheck(path="x")
    assert offline.name_of(asked) == "audit.check"
    assert offline.answer_type(asked) is offline.OFFLINE["audit.check"].answer


def test_no_passphrase_is_shown() -> None:
    asked = offline.TranscriptsOpen(path="x", key_file="k", passphrase="swordfish")
    assert "swordfish" not in repr(asked)
