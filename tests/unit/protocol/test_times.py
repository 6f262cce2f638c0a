"""Times as JSON documents have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol.times import from_text, to_text

YEAR_1, YEAR_9999 = -62_135_596_800, 253_402_300_799


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_645_557_742, "2022-02-22T19:22:22.000Z"),
        (1_709_210_096.789, "2024-02-29T12:34:56.789Z"),
        (-0.5, "1969-12-31T23:59:59.500Z"),
        (YEAR_9999, "9999-12-31T23:59:59.000Z"),
        (YEAR_1, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_written_in_utc_to_the_millisecond(seconds: float, text: str) -> None:
    assert to_text(seconds) == text
    assert from_text(text) == seconds


# The examples of RFC 3339, section 5.8, but for those with a leap second.
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1985-04-12T23:20:50.52Z", 482_196_050.52),
        ("1996-12-19T16:39:57-08:00", 851_042_397),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_172.13),
        ("2026-01-31t12:00:00z", 1_769_860_800),
        ("2026-01-31T12:00:00-00:00", 1_769_860_800),
        ("2026-01-31T12:00:00.123456789Z", 1_769_860_800.123456),
    ],
)
def test_other_spellings_of_the_rfc_are_read(text: str, seconds: float) -> None:
    assert from_text(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31T12Z",
        "20260131T120000Z",
        "2026-W05-6T12:00:00Z",
        "2026-01-31\x0012:00:00Z",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+24:00",
        "2026-02-29T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:00Z\n",
        " 2026-01-31T12:00:00Z",
        "٢٠٢٦-01-31T12:00:00Z",
        "2026-01-31T12:00:00." + "1" * 100_000,
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00:00+23:59",
        "\ud800",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_text(text)


@given(st.integers(YEAR_1 * 1000, YEAR_9999 * 1000))
def test_a_millisecond_comes_back(milliseconds: int) -> None:
    # Half a millisecond more, since what is finer is cut off.
    seconds = from_text(to_text((milliseconds + 0.5) / 1000))
    assert round(seconds * 1000) == milliseconds


@given(st.integers(0, 2**42), st.integers(1, 2**20))
def test_later_times_sort_later(milliseconds: int, more: int) -> None:
    first = to_text((milliseconds + 0.5) / 1000)
    assert first < to_text((milliseconds + more + 0.5) / 1000)
