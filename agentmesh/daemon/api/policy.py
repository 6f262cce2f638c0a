"""Control calls about the policy: read, changed, explained, tried out, taken back."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.policy_versions import Version, policy_of
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted, Refused
from agentmesh.messages.delivery import clean_name
from agentmesh.node.guard.past_knocks import PastKnock
from agentmesh.node.standing import must_wait
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from agentmesh.policy.explaining import Step, explain
from agentmesh.policy.outbound import SEND_CHECKS, SendVerdict, may_send
from agentmesh.policy.pipeline import CHECKS, decide, decide_again
from agentmesh.policy.verdict import Verdict
from agentmesh.protocol.categories import take_apart
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.times import to_text

Permit = calls.Permit


async def policy_get(rooms: Rooms, asked: calls.PolicyGet, permit: Permit) -> answers.Policy:
    """Read the policy or a part of it."""
    return _shown(rooms.policy.current(), permit, asked.key)


async def policy_set(rooms: Rooms, asked: calls.PolicySet, permit: Permit) -> answers.Policy:
    """Change one field; an agent only one that is delegated to it."""
    if permit == "agent" and not rooms.policy.current().delegates(asked.key):
        raise NotPermitted("owner_only", "The policy does not delegate this field to the agent.")
    return _shown(rooms.policy.set(asked.key, asked.value, permit), permit)


def _shown(policy: Policy, permit: Permit, key: str = "") -> answers.Policy:
    shown = policy if permit == "owner" else policy.for_agent()
    return answers.Policy(policy=settings.get(shown, key))


async def policy_replace(rooms: Rooms, asked: calls.PolicyReplace, _: Permit) -> answers.Policy:
    """Put another policy in force."""
    wanted = settings.read(asked.document.encode())
    rooms.policy.current()  # an edit of the file that nobody has seen yet is a version, too
    newest = next(iter(rooms.policy.versions.all()), None)
    if asked.version is not None and (newest is None or newest.number != asked.version):
        raise Refused(
            "policy_changed",
            "Another policy came into force meanwhile; nothing was changed.",
            "Look at it, and make the change again: agentmesh policy history",
        )
    return answers.Policy(policy=settings.get(rooms.policy.replace(wanted)))


async def policy_explain(
    rooms: Rooms, asked: calls.PolicyExplain, _: Permit
) -> answers.PolicyExplained:
    """Explain what would become of a peer's KNOCK, and of what our agent sends it."""
    peer = await rooms.peers.find(asked.peer)
    category, subcategory = take_apart(asked.intent)
    intent = Intent(category=category, subcategory=subcategory)
    facts = await rooms.gatekeeper.facts(peer, intent)
    outlook = await rooms.consent.leave.outlook(peer)
    verdict, leave = decide(facts), may_send(outlook)
    return answers.PolicyExplained(
        peer=peer,
        intent=asked.intent,
        registry_reached=facts.record not in {"unreachable", "vouched"},
        vouched=views.vouched(facts),
        knock=answers.Explanation(
            decision="wait" if must_wait(facts) else verdict.decision,
            reason="registry_unreachable" if must_wait(facts) else verdict.reason,
            checks=[_check(step) for step in explain(facts, CHECKS)],
        ),
        sending=answers.Explanation(
            decision=leave.decision,
            reason=leave.reason,
            checks=[_check(step) for step in explain(outlook, SEND_CHECKS)],
        ),
    )


def _check(step: Step[Verdict] | Step[SendVerdict]) -> answers.PolicyCheck:
    return answers.PolicyCheck(
        check=step.check,
        looked_at=step.looked_at,
        decision=step.verdict.decision if step.verdict else "",
        reason=step.verdict.reason if step.verdict else "",
        decides=step.decides,
    )


async def policy_test(rooms: Rooms, asked: calls.PolicyTest, _: Permit) -> answers.PolicyTested:
    """Try another policy out on the KNOCKs of the last day."""
    tested = settings.read(asked.document.encode())
    past = await rooms.gatekeeper.past.of_the_last_day()
    knocks = [await _again(rooms, each, tested) for each in past]
    return answers.PolicyTested(knocks=knocks, changed=sum(it.changes for it in knocks))


async def _again(rooms: Rooms, past: PastKnock, tested: Policy) -> answers.PastKnock:
    peer, intent = past.facts.peer, past.facts.intent
    contact = await rooms.peers.row(peer)
    now = decide_again(past.facts, rooms.policy.current())
    then = decide_again(past.facts, tested)
    return answers.PastKnock(
        id=past.knock_id,
        at=to_text(past.at),
        peer=peer,
        peer_name=clean_name((contact.alias or contact.name) if contact else ""),
        intent="/".join(word for word in (intent.category, intent.subcategory) if word),
        then=_words(past.verdict),
        now=_words(now),
        tested=_words(then),
        changes=now != then,
    )


def _words(verdict: Verdict) -> str:
    return f"{verdict.decision}: {verdict.reason}"


async def policy_history(
    rooms: Rooms, _: calls.PolicyHistory, __: Permit
) -> answers.PolicyVersions:
    """List the policies that were in force."""
    rooms.policy.current()
    versions = rooms.policy.versions.all()
    pairs = zip(versions, [*versions[1:], None], strict=True)
    return answers.PolicyVersions(versions=[_version(*pair) for pair in pairs])


def _version(version: Version, before: Version | None) -> answers.PolicyVersion:
    return answers.PolicyVersion(
        number=version.number,
        since=to_text(version.at),
        who=version.who,
        restores=version.restores or None,
        changes=_changes(policy_of(before), policy_of(version)) if before else [],
    )


def _changes(before: Policy, after: Policy) -> list[str]:
    return [
        name for name in Policy.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]


async def policy_undo(rooms: Rooms, asked: calls.PolicyUndo, _: Permit) -> answers.Policy:
    """Bring an earlier policy back."""
    return answers.Policy(policy=settings.get(rooms.policy.undo(asked.to)))
