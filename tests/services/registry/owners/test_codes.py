"""Codes for people, and marks of owners."""

from agentmesh_registry.owners.codes import mark_of_code, mark_of_owner, new_code

from tests.support.world import FakeEntropy


def test_a_code_can_be_typed_as_people_type() -> None:
    code = new_code(FakeEntropy())
    assert len(code) == 11
    assert not set(code) & set("01OI")
    typed = [code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code} "]
    assert {mark_of_code("a", it) for it in typed} == {mark_of_code("a", code)}


def test_a_code_counts_for_one_attempt_only() -> None:
    assert mark_of_code("a", "23456-789AB") != mark_of_code("b", "23456-789AB")


def test_an_owner_is_marked_apart_for_each_place_and_registry() -> None:
    marks = {
        mark_of_owner(key, where, who)
        for key in (b"k" * 32, b"l" * 32)
        for where in ("https://a", "https://b")
        for who in ("1", "2")
    }
    assert len(marks) == 8
    assert all(len(mark) <= 80 for mark in marks)
