"""Rows as the control socket shows them: nothing a peer made up is taken at its word."""

import msgspec
import pytest

from agentmesh.daemon.api import views
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid
from tests.support.stores import contact, knock


@pytest.mark.parametrize(("tier", "shown"), [(2.0, "2"), (1.5, "1.5"), (1, "1")])
def test_a_tier_is_shown_as_people_write_it(tier: float, shown: str) -> None:
    assert str(views.plain(tier)) == shown


def test_a_knock_shows_its_intent_and_a_clean_name() -> None:
    row = knock("one", note=b"\xff please", subcategory="")
    shown = views.knock(msgspec.structs.replace(row, name="Eve\x1b[31m\u202e"))
    assert (shown.intent, shown.verdict) == ("communication", "pending")
    assert "\x1b" not in shown.from_name
    assert "\u202e" not in shown.from_name
    assert shown.note.endswith("please")


def test_a_contact_shows_whether_it_is_blocked() -> None:
    row = contact("bob", alias="Bee", trust=2)
    policy = Policy(blocklist=frozenset({Amid("bob")}))
    assert views.contact(row, policy).blocked
    assert not views.contact(row, Policy()).blocked
    assert views.contact(row, policy).alias == "Bee"
