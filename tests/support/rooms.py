"""The rooms of a daemon, made of a test's node: what control calls are answered from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import answers
from agentmesh.control.connection import Answered
from agentmesh.control.stop_flag import StopFlag
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.api.table import ControlApi
from agentmesh.daemon.config import Config, Settings
from agentmesh.daemon.dashboard.pages import Page
from agentmesh.daemon.dashboard.part import Dashboard
from agentmesh.daemon.dashboard.tokens import Tokens
from agentmesh.daemon.examinations import Examination
from agentmesh.daemon.figures import Counters
from agentmesh.daemon.guards import Ways, guards
from agentmesh.daemon.parts import running
from agentmesh.daemon.policy_file import PolicyFile
from agentmesh.daemon.policy_versions import PolicyVersions
from agentmesh.daemon.rooms import Rooms
from agentmesh.discovery.chain import Chain
from agentmesh.node.acquaintances import Acquaintances
from agentmesh.node.afterwards import Afterwards
from agentmesh.node.certificates.rooms import certificate_rooms
from agentmesh.node.consent.successions import Successions
from agentmesh.node.guard.owner import Telling
from agentmesh.node.journal import Journal
from agentmesh.node.pings import Pings
from agentmesh.node.presence import Presence
from agentmesh.node.transparency.gossip import Gossip
from agentmesh.node.transparency.succeeding import Succeeding
from agentmesh.node.transparency.taking_back import TakingBack
from agentmesh.node.transparency.watch import LogWatch
from agentmesh.notify.program import Programs
from agentmesh.notify.web import Web
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.transcripts import Transcripts
from agentmesh.policy import settings
from agentmesh.transport.interface import LinkStatus
from agentmesh.transport.switched import SwitchedTransport
from tests.support.fake_log import FakeLog
from tests.support.filing import files_of
from tests.support.node import OPEN_DOOR, RELAY, Node
from tests.support.node_pair import Pair, WireEnd
from tests.support.records import records_of
from tests.support.world import FakeEntropy

PAGES = {"/": Page("text/html; charset=utf-8", b"<!doctype html>")}


class Caller:
    """Asks a daemon as a program on its socket would, without the socket."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.stopped = 0
        self._api = ControlApi(rooms, self._stop)
        rooms.dashboard.answer_with(self._api.answer)

    def _stop(self) -> answers.Stopping:
        self.stopped += 1
        return answers.Stopping(pid=1)

    async def ask(self, name: str, *, permit: Any = "owner", **params: Any) -> Any:
        """Return the answer as the socket would carry it; events come as they are."""
        answer = await self.answer(name, permit=permit, **params)
        is_one = isinstance(answer, answers.Answer)
        return msgspec.json.decode(msgspec.json.encode(answer)) if is_one else answer

    async def answer(self, name: str, *, permit: Any = "owner", **params: Any) -> Answered:
        raw = msgspec.Raw(msgspec.json.encode(params))
        return await self._api.answer(name, raw, permit)


@asynccontextmanager
async def caller_of(pair: Pair, node: Node, folder: Path) -> AsyncIterator[Caller]:
    """Yield a caller of the daemon that this node would be, with its home in `folder`."""
    (folder / "policy.json").write_bytes(settings.write(OPEN_DOOR))
    policy = PolicyFile(
        folder / "policy.json",
        Path.write_bytes,
        lambda: None,
        PolicyVersions(folder / "policy.history", Path.write_bytes, node.clock),
    )
    node.hand = replace(node.hand, policy=policy.in_force)
    node.gatekeeper._hand = node.outbox._hand = node.consent.leave._hand = node.hand
    journal = Journal(
        AuditLog(folder / "logs", Secret(bytes(32)), node.clock),
        Transcripts(folder / "transcripts", Secret(bytes(32)), FakeEntropy("transcripts")),
        lambda: True,
    )
    journal.listen(node.hand.bulletin)
    node.talks.afterwards = Afterwards(journal.write)
    transport = SwitchedTransport(lambda: _end(pair, node), _off)
    nothing = Examination(list, node.clock)
    directory = Chain([node.directory], node.clock)
    ways = Ways(transport=transport, directory=directory, errands=node.errands)
    telling = Telling(run=Programs({}).run, post=Web(0.5).post)
    guarding = guards(node.hand, node.talks, ways, StopFlag(folder), telling)
    files, _ = files_of(node, transport, folder)
    dashboard = Dashboard(
        0,
        node.hand.bulletin,
        node.clock,
        Tokens(node.clock, FakeEntropy("dashboard")),
        lambda: PAGES,
    )
    log = FakeLog(node.clock)
    gossip = Gossip(node.hand, node.talks, node.house_mail, log.follower())
    watch = LogWatch(node.hand, gossip, directory, node.consent.key_changes, node.breakers)
    successions = Successions(
        node.consent.key_changes, node.consent.remarks, directory, log.follower()
    )
    rooms = Rooms(
        config=Config(home=folder, settings=Settings(name=f"<b>{node.amid[:4]}")),
        hand=node.hand,
        talks=node.talks,
        errands=node.errands,
        incoming=node.incoming,
        house_mail=node.house_mail,
        schemas=node.schemas,
        files=files,
        inbox=node.inbox,
        outbox=node.outbox,
        consent=node.consent,
        acquaintances=Acquaintances(node.store, node.peers, node.consent.remarks, node.clock),
        invites=node.invites,
        gatekeeper=node.gatekeeper,
        peers=node.peers,
        watch=watch,
        certificates=certificate_rooms(
            node.hand, node.authority, directory, lambda: node.publisher.tier
        ),
        vigil=node.vigil,
        taking_back=TakingBack(node.hand, log.publish),
        successions=successions,
        succeeding=Succeeding(
            node.hand, node.publisher, log.publish_both, (node.talks, node.house_mail)
        ),
        pings=Pings(node.hand, node.talks, node.house_mail, node.peers, transport),
        breakers=node.breakers,
        guards=guarding,
        publisher=node.publisher,
        presence=Presence(node.hand, node.peers, node.publisher, transport),
        steward=node.steward,
        session_cache=node.session_cache,
        transport=transport,
        directory=node.directory,  # type: ignore[arg-type]  # as good as a chain of one
        ahead=node.ahead,
        journal=journal,
        records=records_of(folder, journal.audit, journal.transcripts, node.clock),
        policy=policy,
        key_files=nothing,
        audit_log=nothing,
        around=nothing,
        counters=Counters(node.hand.bulletin, node.clock),
        dashboard=dashboard,
        started_at=node.clock.monotonic(),
    )
    await rooms.presence.begin()
    (folder / "run").mkdir(exist_ok=True)
    await transport.switch(is_on=True)
    try:
        async with running([*guarding.parts(), files, dashboard]):
            yield Caller(rooms)
    finally:
        node.talks.afterwards.finish()
        journal.audit.close()
        journal.transcripts.close()


def _end(pair: Pair, node: Node) -> WireEnd:
    end = WireEnd(pair.wire)
    end.us = node.amid
    return end


def _off() -> LinkStatus:
    return LinkStatus(relay=RELAY, state="offline", since=0)
