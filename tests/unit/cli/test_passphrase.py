"""A typed passphrase."""

import os

import pytest

from agentmesh.cli import passphrase
from agentmesh.errors import UsageError


def typing(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    typed = iter(words)
    monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: next(typed))


def test_it_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "grün", "grün")
    with passphrase.typed(twice=True) as added:
        assert os.read(int(added["AGENTMESH_PASSPHRASE_FD"]), 99) == "grün\n".encode()


@pytest.mark.parametrize(
    ("words", "code"),
    [(("a", "b"), "passphrases_differ"), (("", ""), "invalid_passphrase"),
     (("x" * 2000,) * 2, "invalid_passphrase")],
)  # fmt: skip
def test_a_slip_is_told(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str) -> None:
    typing(monkeypatch, *words)
    with pytest.raises(UsageError) as caught, passphrase.typed(twice=True):
        pass
    assert caught.value.code == code


def test_nobody_is_asked_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        assert not passphrase.can_be_asked()


def test_only_a_descriptor_that_is_open_is_handed_on() -> None:
    take, give = os.pipe()
    try:
        assert passphrase.handed_in({"AGENTMESH_PASSPHRASE_FD": str(take)}) == (take,)
    finally:
        os.close(take)
        os.close(give)
    for odd in (str(take), "99999", "9" * 30, "-1", "two", ""):
        assert passphrase.handed_in({"AGENTMESH_PASSPHRASE_FD": odd}) == ()
