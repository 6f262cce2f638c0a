import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError

KEY = Secret(b"\x01" * 32)


def test_every_label_gives_another_key() -> None:
    keys = {derive(KEY, label).reveal() for label in Label}
    assert len(keys) == len(Label)


def test_no_label_begins_another_up_to_its_end() -> None:
    # The zero byte after the label keeps `label + context` unambiguous as long as no label has one.
    assert not any(b"\0" in label.value for label in Label)


def test_salt_context_and_length_matter() -> None:
    plain = derive(KEY, Label.MESSAGE)
    assert plain == derive(KEY, Label.MESSAGE)
    assert plain != derive(KEY, Label.MESSAGE, salt=b"s")
    assert plain != derive(KEY, Label.MESSAGE, context=b"c")
    assert len(derive(KEY, Label.MESSAGE, length=64).reveal()) == 64


def test_a_label_may_be_given_as_bytes_but_must_be_in_the_table() -> None:
    assert derive(KEY, b"message") == derive(KEY, Label.MESSAGE)
    with pytest.raises(UsageError, match=r"table in crypto|label_unknown") as caught:
        derive(KEY, b"made up")
    assert caught.value.code == "label_unknown"


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_joined_parts_are_equal_only_if_the_parts_are(one: list[bytes], two: list[bytes]) -> None:
    assert (join(*one) == join(*two)) == (one == two)
