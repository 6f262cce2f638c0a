"""Categories, written as a path."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.protocol.categories import take_apart


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("travel", ("travel", "")),
        ("travel/flights", ("travel", "flights")),
        ("x-acme/billing", ("x-acme/billing", "")),
        ("x-acme/billing/invoices", ("x-acme/billing", "invoices")),
    ],
)
def test_a_capability_is_taken_apart(path: str, parts: tuple[str, str]) -> None:
    assert take_apart(path) == parts


@given(st.text(max_size=80))
def test_whatever_else_comes_is_refused_or_fits_a_column(path: str) -> None:
    with contextlib.suppress(UsageError):
        category, subcategory = take_apart(path)
        assert f"{category}/{subcategory}".rstrip("/") == path
        assert path.isascii()


@pytest.mark.parametrize(
    "path", ["", "/", "a/", "/a", "a/b/c", "x-a/b/c/d", "a b", "\0", "ä", "x-a/" + 64 * "b"]
)
def test_what_is_no_capability_is_named(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        take_apart(path)
    assert caught.value.code == "invalid_category"
