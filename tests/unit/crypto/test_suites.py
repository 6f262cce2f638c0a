import pytest

from agentmesh.crypto import suites
from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY, Known, choose
from agentmesh.errors import Refused
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.records import SuiteList

ALLOWED = frozenset({OLM, X3DH_ONLY})


def listing(*names: str, sequence: int = 5) -> SuiteList:
    return SuiteList(amid=Amid("peer"), suites=names, sequence=sequence)


OURS = listing(PQXDH_DR)
ALL = listing(PQXDH_DR, OLM, X3DH_ONLY)


def refusal(*args: SuiteList | Known, allowed: frozenset[str] = frozenset()) -> str:
    with pytest.raises(Refused) as caught:
        choose(*args, allowed=allowed)  # type: ignore[arg-type]
    return caught.value.code


def test_we_offer_what_is_built_in() -> None:
    assert suites.offered() == (PQXDH_DR,)


def test_the_floor_is_chosen_wherever_both_have_it() -> None:
    assert choose(OURS, OURS, Known()) == PQXDH_DR
    assert choose(OURS, listing(X3DH_ONLY, OLM, PQXDH_DR), Known()) == PQXDH_DR
    assert choose(ALL, ALL, Known(), allowed=ALLOWED) == PQXDH_DR


def test_a_stripped_list_gains_nothing() -> None:
    assert refusal(ALL, listing(OLM, X3DH_ONLY), Known()) == "suite_degraded"
    assert refusal(OURS, listing(X3DH_ONLY), Known()) == "suite_missing"
    assert refusal(OURS, listing("unheard-of.v9"), Known(), allowed=ALLOWED) == "suite_missing"


def test_a_weaker_suite_needs_the_owners_word_and_must_be_built_in() -> None:
    assert refusal(ALL, listing(OLM), Known(), allowed=frozenset({X3DH_ONLY})) == "suite_degraded"
    assert refusal(ALL, listing(OLM), Known(), allowed=ALLOWED) == "suite_unavailable"


def test_a_missing_package_is_no_reason_for_something_weaker() -> None:
    # Both are allowed and OLM is the better one: what is not built in is said, not passed by.
    assert refusal(ALL, listing(OLM, X3DH_ONLY), Known(), allowed=ALLOWED) == "suite_unavailable"


def test_a_peer_stays_with_the_suite_it_is_pinned_to() -> None:
    known = Known(pinned=PQXDH_DR)
    assert refusal(ALL, listing(OLM), known, allowed=ALLOWED) == "suite_pinned"
    assert choose(ALL, ALL, known) == PQXDH_DR
    assert choose(ALL, ALL, Known(pinned=OLM)) == PQXDH_DR


def test_an_older_list_is_refused() -> None:
    known = Known(suites=(PQXDH_DR,), sequence=6)
    assert refusal(OURS, listing(PQXDH_DR, sequence=5), known) == "suites_rolled_back"
    assert choose(OURS, listing(PQXDH_DR, sequence=6), known) == PQXDH_DR
    assert choose(OURS, listing(PQXDH_DR, OLM, sequence=7), known) == PQXDH_DR


def test_two_lists_of_one_number_are_refused() -> None:
    known = Known(suites=(PQXDH_DR,), sequence=5)
    assert refusal(OURS, listing(PQXDH_DR, OLM, sequence=5), known) == "suites_rolled_back"


def test_what_is_below_the_floor_or_unknown_is_degraded() -> None:
    assert [suites.is_degraded(name) for name in (PQXDH_DR, OLM, X3DH_ONLY, "x")] == [
        False,
        True,
        True,
        True,
    ]
