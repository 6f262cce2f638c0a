"""Which session suites exist, their rank, and how one is chosen.

A list of suites is signed and numbered. What a list lacks is never made up for by something weaker,
unless the owner allowed that for this very peer: stripping a list gains nobody anything.
"""

import msgspec

from agentmesh.errors import Refused
from agentmesh.protocol.records import SuiteList

PQXDH_DR = "pqxdh-dr.v1"
OLM = "olm.v1"
X3DH_ONLY = "x3dh-only.v1"


class Suite(msgspec.Struct, frozen=True):
    """A way to hold a session. A higher rank is stronger; below the floor it is degraded."""

    name: str
    rank: int
    is_available: bool


SUITES = {
    PQXDH_DR: Suite(PQXDH_DR, 30, is_available=True),
    OLM: Suite(OLM, 20, is_available=False),
    X3DH_ONLY: Suite(X3DH_ONLY, 10, is_available=False),
}
FLOOR = SUITES[PQXDH_DR]


class Known(msgspec.Struct, frozen=True):
    """What we remember of a peer: its last list, and the suite it is pinned to."""

    suites: tuple[str, ...] = ()
    sequence: int = 0
    pinned: str = ""


def offered() -> tuple[str, ...]:
    """Return what our own list says, best first."""
    return tuple(suite.name for suite in _best_first() if suite.is_available)


def is_degraded(name: str) -> bool:
    """Whether a suite is weaker than the floor; an unknown one is."""
    return name not in SUITES or SUITES[name].rank < FLOOR.rank


def choose(
    ours: SuiteList, theirs: SuiteList, known: Known, *, allowed: frozenset[str] = frozenset()
) -> str:
    """Return the suite for a session with this peer, or raise `Refused`.

    `allowed` are the degraded suites which the owner permitted for this peer by name.
    """
    _check_not_older(theirs, known)
    common = [s for s in _best_first() if s.name in ours.suites and s.name in theirs.suites]
    pinned_rank = SUITES[known.pinned].rank if known.pinned in SUITES else 0
    for suite in common:
        if suite.rank >= pinned_rank and (not is_degraded(suite.name) or suite.name in allowed):
            return _available(suite)
    if any(suite.rank < pinned_rank for suite in common):
        raise Refused("suite_pinned", f"Sessions with this peer use {known.pinned} or better.")
    raise Refused(
        "suite_degraded" if common else "suite_missing",
        f"The peer does not offer {FLOOR.name}.",
        "agentmesh contacts allow-degraded PEER permits a weaker suite for this peer alone.",
    )


def _best_first() -> list[Suite]:
    return sorted(SUITES.values(), key=lambda suite: -suite.rank)


def _check_not_older(theirs: SuiteList, known: Known) -> None:
    changed_in_place = theirs.sequence == known.sequence and theirs.suites != known.suites
    if theirs.sequence < known.sequence or (known.suites and changed_in_place):
        raise Refused("suites_rolled_back", "The peer's list of suites is older than one we saw.")


def _available(suite: Suite) -> str:
    if not suite.is_available:
        raise Refused("suite_unavailable", f"{suite.name} is not built into this version.")
    return suite.name
