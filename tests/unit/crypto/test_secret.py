import copy
import pickle

import msgspec
import pytest

from agentmesh.crypto.secret import Secret, pack, unpack


class Holder(msgspec.Struct):
    key: Secret


def test_a_secret_is_never_printed() -> None:
    secret = Secret(b"canary")
    assert "canary" not in f"{secret} {secret!r} {Holder(secret)!r} {[secret]}"


def test_equal_secrets_are_equal_and_others_are_not() -> None:
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"


def test_a_secret_is_not_hashed_pickled_or_copied() -> None:
    with pytest.raises(TypeError):
        hash(Secret(b"a"))
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            attempt(Secret(b"a"))


def test_a_secret_is_encoded_only_by_who_asks_for_it() -> None:
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(Holder(Secret(b"a")))
    data = msgspec.msgpack.encode(Holder(Secret(b"a")), enc_hook=pack)
    assert msgspec.msgpack.decode(data, type=Holder, dec_hook=unpack) == Holder(Secret(b"a"))


def test_the_hooks_know_nothing_but_secrets() -> None:
    with pytest.raises(NotImplementedError):
        pack(object())
    with pytest.raises(NotImplementedError):
        unpack(Secret, "text")
    with pytest.raises(NotImplementedError):
        unpack(complex, b"1")
