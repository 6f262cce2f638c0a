"""Bounds of what a relay tells a registry."""

import msgspec
import pytest

from agentmesh.protocol.absences import Absence, Absences
from agentmesh.protocol.limits import MAX_ABSENCES, PRESENCE_SECONDS

OLDEST = Absence(amid="1" * 28, ago_ms=PRESENCE_SECONDS * 1000)


def test_the_largest_batch_is_read_as_it_was_written_and_fits_a_request() -> None:
    batch = Absences(gone=(OLDEST,) * MAX_ABSENCES)
    data = msgspec.json.encode(batch)
    assert msgspec.json.decode(data, type=Absences) == batch
    assert len(data) < 64 * 1024


@pytest.mark.parametrize("many", [0, MAX_ABSENCES + 1])
def test_nobody_and_too_many_are_no_batch(many: int) -> None:
    data = msgspec.json.encode(Absences(gone=(OLDEST,) * many))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=Absences)
