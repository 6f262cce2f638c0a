import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.aead import OVERHEAD
from agentmesh.crypto.padding import BUCKETS, pad, pad_frame, unpad
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import limits


@given(st.binary(max_size=100), st.integers(1, 50))
def test_what_was_padded_comes_back(plaintext: bytes, more: int) -> None:
    size = len(plaintext) + more
    assert len(pad(plaintext, size)) == size
    assert unpad(pad(plaintext, size)) == plaintext


def test_plaintexts_that_end_like_padding_come_back() -> None:
    for plaintext in (b"", b"\0", b"\0\0", b"\x80", b"\x80\0", b"a\x80\0\0"):
        assert unpad(pad(plaintext, 16)) == plaintext


@pytest.mark.parametrize("padded", [b"", b"\0" * 16, b"text", b"\x80\x01", b"\x80\0\0\x7f"])
def test_padding_without_its_mark_is_refused(padded: bytes) -> None:
    with pytest.raises(CryptoError, match="padding_invalid"):
        unpad(padded)


def test_what_does_not_fit_is_refused() -> None:
    assert pad(b"x" * 15, 16)
    with pytest.raises(UsageError):
        pad(b"x" * 16, 16)


def test_there_are_at_most_seven_sizes_and_the_last_is_the_frame_limit() -> None:
    assert len(BUCKETS) <= 7
    assert BUCKETS[-1] == limits.MAX_FRAME


@given(st.integers(0, limits.MAX_FRAME - 3000), st.integers(100, 2500))
def test_a_frame_fills_the_smallest_bucket_that_holds_it(size: int, bare: int) -> None:
    total = bare + OVERHEAD + 3 + len(pad_frame(bytes(size), bare))
    assert total in BUCKETS
    assert all(bucket < bare + OVERHEAD + 3 + size + 1 for bucket in BUCKETS if bucket < total)


def test_a_frame_beyond_the_limit_is_refused_before_it_is_sealed() -> None:
    with pytest.raises(UsageError) as caught:
        pad_frame(bytes(limits.MAX_FRAME), 100)
    assert caught.value.code == "message_too_large"
