"""What a relay tells a registry: which of its agents are gone. It can say nothing else."""

from typing import Annotated

import msgspec

from agentmesh.protocol import limits

PATH = "/v1/registry/absences"

AmidText = Annotated[
    str,
    msgspec.Meta(
        max_length=limits.MAX_AMID_LETTERS,
        extra_json_schema={"pattern": "^[1-9A-HJ-NP-Za-km-z]{20,28}$"},
    ),
]
# An age, and no time of day: the relay's clock may be wrong. An older presence has faded by itself.
Ago = Annotated[int, msgspec.Meta(ge=0, le=limits.PRESENCE_SECONDS * 1000)]


class Absence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent whose connection ended so many milliseconds ago, and did not come back."""

    amid: AmidText
    ago_ms: Ago


class Absences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is gone."""

    gone: Annotated[tuple[Absence, ...], msgspec.Meta(min_length=1, max_length=limits.MAX_ABSENCES)]
