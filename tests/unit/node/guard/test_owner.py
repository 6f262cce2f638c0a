"""The owner hears of what the policy names, by the ways it names, and never what a peer said."""

import json

import pytest

from agentmesh.node.guard.channel import QUIET_SECONDS
from agentmesh.node.notices import Notice
from agentmesh.policy.document import NotifyOwner, Policy
from agentmesh.policy.telling import SENTENCES
from agentmesh.protocol.ids import Amid
from tests.support.guarded import Guarded
from tests.support.patience import until

WEBHOOK, NTFY = "https://hook.example/x", "https://ntfy.example/topic"
ALL = NotifyOwner(command=("notify-send", "AgentMesh"), webhook=WEBHOOK, ntfy=NTFY)


@pytest.fixture
def told(both: Guarded) -> Guarded:
    _wants(both, ALL)
    return both


def _wants(both: Guarded, wanted: NotifyOwner) -> None:
    both.guards.owner._policy = lambda: Policy(notify_owner=wanted)


def _happens(both: Guarded, kind: str) -> None:
    fields = {"reason": "canary"}
    notice = Notice(kind=kind, peer=Amid("canary"), fields=fields)
    both.us.hand.bulletin.publish(notice)


async def test_every_way_tells_the_sentence_and_nothing_else(told: Guarded) -> None:
    _happens(told, "knock_pending")
    await until(lambda: len(told.posts.asked) == 2 and len(told.hook.asked) == 1)
    sentence = SENTENCES["knock"]
    assert told.hook.asked == [("notify-send", "AgentMesh", sentence)]
    posted = dict(told.posts.asked)
    assert json.loads(posted[WEBHOOK]) == {"event": "knock", "text": sentence}
    assert posted[NTFY] == sentence.encode()
    assert "canary" not in repr((told.hook.asked, told.posts.asked))


async def test_a_flood_of_knocks_is_told_once(told: Guarded) -> None:
    for _ in range(10_000):
        _happens(told, "knock_pending")
    await until(lambda: len(told.posts.asked) == 2)
    _happens(told, "approval_pending")
    await until(lambda: len(told.posts.asked) == 4)
    assert len(told.hook.asked) == 2


async def test_a_webhook_that_hangs_holds_up_no_other_way(told: Guarded) -> None:
    told.posts.hangs = True
    _happens(told, "breaker_tripped")
    await until(lambda: len(told.posts.asked) == 2)
    for kind in ("knock_pending", "approval_pending"):
        _happens(told, kind)
    await until(lambda: len(told.hook.asked) == 3)
    await told.us.say(told.peer, "and the agent goes on")
    await told.settle()
    assert await told.peer.texts() == ["and the agent goes on"]


async def test_while_everything_is_stopped_only_the_program_is_run(told: Guarded) -> None:
    told.posts.hangs = True
    _happens(told, "knock_pending")
    await until(lambda: len(told.posts.asked) == 2)
    await told.guards.stop.stop("call")
    await until(lambda: len(told.hook.asked) == 2)
    _happens(told, "breaker_tripped")
    await until(lambda: len(told.hook.asked) == 3)
    told.clock.advance(QUIET_SECONDS * 10)
    assert len(told.posts.asked) == 2


async def test_ways_that_did_not_work_are_named_as_long_as_they_are_used(told: Guarded) -> None:
    assert told.guards.owner.failing() == []
    told.posts.is_taken = False
    told.hook.code = 127
    _happens(told, "knock_pending")
    owner = told.guards.owner
    await until(lambda: owner.failing() == ["command", "webhook", "ntfy"])
    _wants(told, NotifyOwner(ntfy=NTFY))
    assert owner.failing() == ["ntfy"]


async def test_where_nothing_is_set_nobody_is_told(both: Guarded) -> None:
    _wants(both, NotifyOwner())
    _happens(both, "knock_pending")
    await both.settle()
    assert (both.posts.asked, both.hook.asked) == ([], [])
