"""How a suite is chosen. That nothing leads below the floor unasked is the point of each test."""

import pytest

from agentmesh.crypto import suites
from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY, Known, check_asked, choose, offered
from agentmesh.errors import Refused
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.records import SuiteList

BOTH = Known(allowed=frozenset({OLM, X3DH_ONLY}))


def listing(*names: str, sequence: int = 5) -> SuiteList:
    return SuiteList(amid=Amid("peer"), suites=names, sequence=sequence)


FLOOR_ONLY = listing(PQXDH_DR)
ALL = listing(PQXDH_DR, OLM, X3DH_ONLY)


def refusal(ours: SuiteList, theirs: SuiteList, known: Known) -> str:
    with pytest.raises(Refused) as caught:
        choose(ours, theirs, known)
    return caught.value.code


def asked_refusal(asked: str, ours: SuiteList, theirs: SuiteList, known: Known) -> str:
    with pytest.raises(Refused) as caught:
        check_asked(asked, ours, theirs, known)
    return caught.value.code


def test_we_offer_all_that_is_there_best_first() -> None:
    assert offered() == (PQXDH_DR, OLM, X3DH_ONLY)
    assert offered((X3DH_ONLY, PQXDH_DR)) == (PQXDH_DR, X3DH_ONLY)


def test_what_needs_a_missing_package_is_not_offered(no_olm: None) -> None:
    assert offered() == (PQXDH_DR, X3DH_ONLY)
    assert offered((OLM,)) == ()


@pytest.mark.parametrize("known", [Known(), BOTH, Known(pinned=OLM)])
def test_the_floor_is_chosen_wherever_both_have_it(known: Known) -> None:
    assert choose(FLOOR_ONLY, ALL, known) == PQXDH_DR
    assert choose(ALL, listing(X3DH_ONLY, OLM, PQXDH_DR), known) == PQXDH_DR


def test_a_stripped_list_gains_nothing() -> None:
    assert refusal(ALL, listing(OLM, X3DH_ONLY), Known()) == "suite_degraded"
    assert refusal(FLOOR_ONLY, listing(X3DH_ONLY), Known()) == "suite_missing"
    assert refusal(FLOOR_ONLY, listing(X3DH_ONLY), BOTH) == "suite_missing"
    assert refusal(ALL, listing("unheard-of.v9"), BOTH) == "suite_missing"


def test_a_weaker_suite_is_for_peers_the_owner_allowed_it_for() -> None:
    assert choose(ALL, listing(OLM, X3DH_ONLY), BOTH) == OLM
    assert choose(ALL, listing(X3DH_ONLY), BOTH) == X3DH_ONLY
    one = Known(allowed=frozenset({X3DH_ONLY}))
    assert choose(ALL, listing(OLM, X3DH_ONLY), one) == X3DH_ONLY
    assert refusal(ALL, listing(OLM), one) == "suite_degraded"


def test_a_missing_package_is_no_reason_for_something_weaker(no_olm: None) -> None:
    ours = listing(PQXDH_DR, X3DH_ONLY)
    assert refusal(ours, listing(OLM, X3DH_ONLY), BOTH) == "suite_unavailable"
    assert refusal(ours, listing(OLM), BOTH) == "suite_unavailable"


def test_what_our_owner_does_not_offer_is_passed_by() -> None:
    ours = listing(X3DH_ONLY)
    assert choose(ours, ALL, BOTH) == X3DH_ONLY
    assert refusal(ours, ALL, Known()) == "suite_degraded"


def test_a_peer_stays_with_the_suite_it_is_pinned_to() -> None:
    pinned = Known(pinned=PQXDH_DR, allowed=BOTH.allowed)
    assert refusal(ALL, listing(OLM), pinned) == "suite_pinned"
    assert refusal(ALL, listing(X3DH_ONLY), Known(pinned=OLM, allowed=BOTH.allowed)) == (
        "suite_pinned"
    )
    assert choose(ALL, ALL, pinned) == PQXDH_DR
    assert choose(ALL, ALL, Known(pinned=OLM)) == PQXDH_DR


def test_an_older_list_is_refused() -> None:
    known = Known(suites=(PQXDH_DR,), sequence=6)
    assert refusal(FLOOR_ONLY, listing(PQXDH_DR, sequence=5), known) == "suites_rolled_back"
    assert choose(FLOOR_ONLY, listing(PQXDH_DR, sequence=6), known) == PQXDH_DR
    assert choose(FLOOR_ONLY, listing(PQXDH_DR, OLM, sequence=7), known) == PQXDH_DR


def test_two_lists_of_one_number_are_refused() -> None:
    known = Known(suites=(PQXDH_DR,), sequence=5)
    assert refusal(FLOOR_ONLY, listing(PQXDH_DR, OLM, sequence=5), known) == "suites_rolled_back"


def test_a_knock_for_the_floor_is_never_too_weak() -> None:
    for theirs in (ALL, listing(PQXDH_DR, sequence=1)):
        check_asked(PQXDH_DR, ALL, theirs, Known(suites=(PQXDH_DR,), sequence=5))
    assert asked_refusal(PQXDH_DR, listing(X3DH_ONLY), ALL, BOTH) == "suite_missing"


def test_a_knock_is_refused_that_asks_for_less_than_we_would() -> None:
    weak = listing(X3DH_ONLY)
    check_asked(X3DH_ONLY, ALL, weak, BOTH)
    assert asked_refusal(X3DH_ONLY, ALL, weak, Known()) == "suite_degraded"
    assert asked_refusal(X3DH_ONLY, ALL, ALL, BOTH) == "suite_degraded"
    assert asked_refusal(X3DH_ONLY, ALL, listing(OLM, X3DH_ONLY), BOTH) == "suite_degraded"
    older = Known(suites=(PQXDH_DR,), sequence=6, allowed=BOTH.allowed)
    assert asked_refusal(X3DH_ONLY, ALL, weak, older) == "suites_rolled_back"
    pinned = Known(pinned=PQXDH_DR, allowed=BOTH.allowed)
    assert asked_refusal(X3DH_ONLY, ALL, weak, pinned) == "suite_pinned"
    assert asked_refusal("unheard-of.v9", ALL, weak, BOTH) == "suite_missing"


def test_what_is_below_the_floor_or_unknown_is_degraded() -> None:
    assert [suites.is_degraded(name) for name in (PQXDH_DR, OLM, X3DH_ONLY, "x")] == [
        False,
        True,
        True,
        True,
    ]


def test_who_is_refused_hears_what_the_owner_can_do() -> None:
    with pytest.raises(Refused) as caught:
        choose(ALL, listing(X3DH_ONLY), Known(pinned=PQXDH_DR, allowed=BOTH.allowed))
    assert "allow-degraded PEER --suite x3dh-only.v1" in caught.value.hint
