"""Which session suites exist, their rank, and how one is chosen.

A list of suites is signed and numbered. What a list lacks is never made up for by something weaker,
unless the owner allowed that for this very peer: stripping a list gains nobody anything.
"""

from typing import Literal, get_args

import msgspec

from agentmesh.crypto.olm import library
from agentmesh.errors import Refused
from agentmesh.protocol.records import SuiteList

PQXDH_DR: Literal["pqxdh-dr.v1"] = "pqxdh-dr.v1"
OLM: Literal["olm.v1"] = "olm.v1"
X3DH_ONLY: Literal["x3dh-only.v1"] = "x3dh-only.v1"
SuiteName = Literal["pqxdh-dr.v1", "olm.v1", "x3dh-only.v1"]


class Suite(msgspec.Struct, frozen=True):
    """A way to hold a session. A higher rank is stronger; below the floor it is degraded."""

    name: SuiteName
    rank: int

    @property
    def is_available(self) -> bool:
        """Whether what it needs is installed."""
        return self.name != OLM or library.is_installed()


SUITES: dict[str, Suite] = {
    PQXDH_DR: Suite(PQXDH_DR, 30),
    OLM: Suite(OLM, 20),
    X3DH_ONLY: Suite(X3DH_ONLY, 10),
}
FLOOR = SUITES[PQXDH_DR]
DEGRADED: tuple[str, ...] = tuple(name for name in get_args(SuiteName) if name != PQXDH_DR)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What we remember of a peer: its last list, the suite it is pinned to, the owner's word.

    `allowed` are the degraded suites which the owner permitted for this peer by name.
    """

    suites: tuple[str, ...] = ()
    sequence: int = 0
    pinned: str = ""
    allowed: frozenset[str] = frozenset()

    def permits(self, suite: Suite) -> bool:
        """Whether the owner wants a session of this suite with this peer."""
        return not is_degraded(suite.name) or suite.name in self.allowed


def offered(wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what our own list says, best first: all that is there, or of it what is wanted."""
    return tuple(
        suite.name
        for suite in _best_first()
        if suite.is_available and (not wanted or suite.name in wanted)
    )


def is_degraded(name: str) -> bool:
    """Whether a suite is weaker than the floor; an unknown one is."""
    return rank_of(name) < FLOOR.rank


def rank_of(name: str) -> int:
    """Return how strong a suite is; 0 for an unknown one."""
    return SUITES[name].rank if name in SUITES else 0


def choose(ours: SuiteList, theirs: SuiteList, known: Known) -> str:
    """Return the suite for a session with this peer, or raise `Refused`."""
    _check_not_older(theirs, known)
    permitted = [s for s in _best_first() if s.name in theirs.suites and known.permits(s)]
    for suite in permitted:
        if suite.rank < rank_of(known.pinned):
            raise Refused(
                "suite_pinned",
                f"Sessions with this peer use {known.pinned} or better.",
                allow_hint(suite.name),
            )
        if suite.name in ours.suites:
            return suite.name
        if not suite.is_available:
            raise Refused(
                "suite_unavailable",
                f"A package that {suite.name} needs is not installed here.",
                "pip install 'agentmesh-openclaw[olm]'",
            )
    common = set(ours.suites) & set(theirs.suites) & SUITES.keys()
    if common:
        raise Refused(
            "suite_degraded",
            f"With this peer only {' or '.join(sorted(common))} is possible, which is weak.",
            allow_hint(),
        )
    raise Refused("suite_missing", "The peer speaks no suite that we speak.")


def check_asked(asked: str, ours: SuiteList, theirs: SuiteList, known: Known) -> None:
    """Raise `Refused` if a peer asked for a session of a suite that we would not have chosen.

    `theirs` is the list that came with the KNOCK. Who asks for the floor is not asked about lists:
    nothing is stronger.
    """
    if asked not in ours.suites:
        raise Refused("suite_missing", "This agent does not speak that suite.")
    if is_degraded(asked) and asked != choose(ours, theirs, known):
        raise Refused("suite_degraded", "A better suite is possible.")


def allow_hint(suite: str = "") -> str:
    """Return what an owner can do who wants a weaker suite with a peer all the same."""
    option = f" --suite {suite}" if suite else ""
    return f"agentmesh contacts allow-degraded PEER{option} permits it for this peer alone."


def _best_first() -> list[Suite]:
    return sorted(SUITES.values(), key=lambda suite: -suite.rank)


def _check_not_older(theirs: SuiteList, known: Known) -> None:
    changed_in_place = theirs.sequence == known.sequence and theirs.suites != known.suites
    if theirs.sequence < known.sequence or (known.suites and changed_in_place):
        raise Refused("suites_rolled_back", "The peer's list of suites is older than one we saw.")
