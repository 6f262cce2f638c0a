"""What a camera reads is compared in full."""

import pytest

from agentmesh.errors import TrustError, UsageError
from agentmesh.identity.verification import compare, verification_text
from agentmesh.protocol.ids import amid_of

US, THEM, OTHER = (amid_of(bytes([number]) * 32) for number in range(3))
NUMBER = " ".join(f"{number:05d}" for number in range(12))


def test_each_side_scans_what_the_other_shows() -> None:
    compare(verification_text(THEM, US, NUMBER), THEM, US, NUMBER)
    compare(f" {verification_text(THEM, US, NUMBER)}\n", THEM, US, NUMBER)


@pytest.mark.parametrize(
    "scanned",
    [
        verification_text(US, THEM, NUMBER),
        verification_text(OTHER, US, NUMBER),
        verification_text(THEM, OTHER, NUMBER),
    ],
)
def test_what_is_between_others_proves_nothing(scanned: str) -> None:
    with pytest.raises(TrustError) as caught:
        compare(scanned, THEM, US, NUMBER)
    assert caught.value.code == "verification_of_others"


def test_another_number_is_a_warning() -> None:
    with pytest.raises(TrustError) as caught:
        compare(verification_text(THEM, US, NUMBER.replace("00007", "00008")), THEM, US, NUMBER)
    assert caught.value.code == "verification_differs"


@pytest.mark.parametrize(
    "scanned", ["", "https://example.org", "agentmesh:verify/2/a/b/1", "٣" * 60]
)
def test_anything_else_is_no_verification(scanned: str) -> None:
    with pytest.raises(UsageError):
        compare(scanned, THEM, US, NUMBER)
