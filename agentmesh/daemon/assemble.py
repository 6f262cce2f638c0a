"""Which class plays which role. Nowhere else does one room choose its neighbours."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from agentmesh.control.stop_flag import StopFlag
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.config import Config
from agentmesh.daemon.dashboard.part import Dashboard
from agentmesh.daemon.dashboard.tokens import Tokens
from agentmesh.daemon.examinations import Examination, around_findings, audit_findings
from agentmesh.daemon.figures import Counters
from agentmesh.daemon.filing import room_for_files
from agentmesh.daemon.guards import Ways, guards
from agentmesh.daemon.key_folder import KeyFolder
from agentmesh.daemon.outside import Services, World, services_of
from agentmesh.daemon.own_keys import newest_exchange_key, our_suites
from agentmesh.daemon.parts import Part, running
from agentmesh.daemon.policy_file import PolicyFile
from agentmesh.daemon.policy_versions import FOLDER, PolicyVersions
from agentmesh.daemon.records import records_of
from agentmesh.daemon.rooms import Rooms
from agentmesh.daemon.successor import settled
from agentmesh.node.acquaintances import Acquaintances
from agentmesh.node.ahead import Ahead
from agentmesh.node.at_hand import AtHand
from agentmesh.node.breakers import Breakers
from agentmesh.node.certificates.renewal import Renewal
from agentmesh.node.certificates.rooms import certificate_rooms
from agentmesh.node.certificates.vigil import Vigil
from agentmesh.node.consent.rooms import consent_rooms
from agentmesh.node.consent.successions import Successions
from agentmesh.node.conversations import Conversations
from agentmesh.node.doorway import Doorway
from agentmesh.node.errands import Errands
from agentmesh.node.files.carrier import Carrier
from agentmesh.node.files.mail import FileMail
from agentmesh.node.files.ways import Ways as WaysOfFiles
from agentmesh.node.gatekeeper import Gatekeeper
from agentmesh.node.guard.hang_ups import held_for_hang_ups
from agentmesh.node.guard.holding import held_for_paused
from agentmesh.node.guard.owner import Telling
from agentmesh.node.house_mail import HouseMail
from agentmesh.node.inbox import Inbox
from agentmesh.node.incoming import Incoming
from agentmesh.node.invites.rooms import Reach, invite_rooms
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.node.journal import Journal
from agentmesh.node.key_rack import KeyRack
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.node.optimistic import Optimism
from agentmesh.node.outbox import Outbox
from agentmesh.node.peers import Peers
from agentmesh.node.pings import Pings
from agentmesh.node.presence import Presence
from agentmesh.node.publishing import Publisher
from agentmesh.node.retention import Retention
from agentmesh.node.runners import Runners
from agentmesh.node.schemas.reading import Reading
from agentmesh.node.schemas.shelf import SchemaShelf
from agentmesh.node.session_cache import SessionCache
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.node.standing import Standing
from agentmesh.node.steward import Steward
from agentmesh.node.strangers import WHOLE_SINCE
from agentmesh.node.switches import Switches
from agentmesh.node.transparency.gossip import Gossip
from agentmesh.node.transparency.succeeding import Succeeding
from agentmesh.node.transparency.taking_back import TakingBack
from agentmesh.node.transparency.watch import LogWatch
from agentmesh.node.turnstile import Turnstile
from agentmesh.notify.program import Programs
from agentmesh.notify.web import Web
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.frames import Sender
from agentmesh.protocol.signed import Signed
from agentmesh.session.keyring import KeyRing
from agentmesh.storage.interface import SetValue, Store
from agentmesh.storage.key_access import write_private
from agentmesh.storage.key_checks import check_keys
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.sqlite import SqliteStore
from agentmesh.transport.interface import LinkStatus
from agentmesh.transport.router import Router
from agentmesh.transport.switched import SwitchedTransport

DATABASE = "agentmesh.db"
KEYS = "keys"
LOGS = "logs"
POLICY = "policy.json"


@asynccontextmanager
async def assembled(config: Config, keys: OpenKeys, world: World) -> AsyncIterator[Rooms]:
    """Yield a running agent; leaving stops it, in reverse order."""
    vault = keys.vault(world.entropy)
    async with SqliteStore(config.home / DATABASE, vault) as store:
        files = KeyFiles(config.home / KEYS, Means(clock=world.clock, entropy=world.entropy))
        keys = await settled(keys, store, files, (world.clock, world.entropy))
        hand, policy = await _at_hand(config, keys, world, store)
        services = services_of(config, keys, world, store)
        rooms = _rooms(config, keys, hand, policy, services)
        services.registry.tell_when_reached(rooms.errands.registry_is_there)
        parts: list[Part] = [
            services.registry,
            rooms.journal,
            rooms.ahead,
            rooms.talks,
            *rooms.guards.parts(),
            rooms.files,
            rooms.errands,
            rooms.invites.desk,
            rooms.invites.joiner,
            rooms.incoming,
            rooms.transport,
            rooms.publisher,
            rooms.succeeding,
            rooms.certificates.own,
            rooms.certificates.fleets,
            rooms.vigil,
            rooms.watch,
            rooms.steward,
            rooms.dashboard,
            Retention(rooms.journal, policy.current, world.clock),
        ]
        await rooms.schemas.load()
        await rooms.presence.begin()
        async with running(parts):
            await rooms.transport.switch(is_on=True)
            yield rooms


async def _at_hand(
    config: Config, keys: OpenKeys, world: World, store: Store
) -> tuple[AtHand, PolicyFile]:
    bulletin = Bulletin()

    def write(path: Path, data: bytes) -> None:
        write_private(path, data, world.entropy)

    policy = PolicyFile(
        config.home / POLICY,
        write,
        lambda: bulletin.publish(Notice(kind="policy_changed")),
        PolicyVersions(config.home / FOLDER, write, world.clock),
    )
    exchange = await newest_exchange_key(keys, store, world.clock, world.entropy)
    ring = KeyRing(
        identity=keys.identity,
        exchange_key=msgspec.msgpack.decode(exchange.public, type=Signed),
        exchange_private=Secret(exchange.private),
        suites=await our_suites(config.settings.suites, keys, store, world.clock),
        sender=Sender(amid=keys.identity.amid, display_name=config.settings.name),
        clock=world.clock,
        entropy=world.entropy,
    )
    if keys.created:
        await store.commit([SetValue(WHOLE_SINCE, b"0")])
    hand = AtHand(
        store=store,
        keys=KeyRack(store, ring),
        policy=policy.in_force,
        switches=await Switches.load(store),
        bulletin=bulletin,
    )
    return hand, policy


def _rooms(
    config: Config, keys: OpenKeys, hand: AtHand, policy: PolicyFile, services: Services
) -> Rooms:
    ring, registry, caller = hand.keys.ring, services.registry, services.caller
    directory, ahead = services.directory, Ahead(services.directory, hand.switches)
    logs, audit_key = config.home / LOGS, keys.audit_key()
    journal = Journal(
        AuditLog(logs, audit_key, ring.clock),
        Transcripts(config.home / "transcripts", keys.transcripts_key(), ring.entropy),
        lambda: policy.in_force().store_transcripts,
    )
    journal.listen(hand.bulletin)
    errands = Errands(hand.store, ring.clock, ring.entropy)
    errands.listen(hand.bulletin)
    talks = Conversations(hand.store, hand.keys.current, errands, hand.bulletin, journal.write)
    schemas = SchemaShelf(hand, config.settings.capabilities)
    talks.read_with(ahead.after(Reading(hand, schemas, config.ours()).read))
    side_door = SideDoor()
    doorway = Doorway(hand, side_door)
    talks.cache_for(config.settings.session_cache_seconds)
    turnstile = Turnstile(hand, config.settings.session_cache_seconds)
    incoming = Incoming(talks, doorway, errands, keys.identity.amid, turnstile)
    relay = config.settings.relay
    transport = SwitchedTransport(
        lambda: Router(relay, caller, incoming),
        lambda: LinkStatus(relay=relay, state="offline", since=ring.clock.now()),
        lambda: not hand.switches.stopped,
    )
    incoming.acknowledge_with(transport.ack)
    peers = Peers(hand.store, directory, ring.clock)
    consent = consent_rooms(hand, peers, talks)
    standing = Standing(ahead, registry.log.vouches, consent.key_changes, services.authority.trust)
    gatekeeper = Gatekeeper(hand, talks, peers, standing)
    runners = Runners(talks, ahead, transport, hand.keys, consent.key_changes)
    runners.knock_with(Optimism(hand.store, peers, hand.policy))
    session_cache = SessionCache(hand, talks, gatekeeper)
    reach = Reach(directory=directory, side_door=side_door, offer_once=runners.offer_once)
    house_mail = HouseMail(hand, talks)
    mail, carrier = FileMail(hand, house_mail), Carrier(hand, transport, peers)
    files = room_for_files(config, hand, WaysOfFiles(mail, carrier, peers, consent.grants))
    incoming.bring_files_to(files)
    pings = Pings(hand, talks, house_mail, peers, transport)
    gossip = Gossip(hand, talks, house_mail, registry.log)

    async def succeed(revocation: Signed, record: Signed) -> None:
        await directory.asking(partial(registry.succeed, revocation, record))

    successions = Successions(consent.key_changes, consent.remarks, directory, registry.log)
    renewal = Renewal(hand, talks, house_mail, standing)
    rooms_with_mail = (consent, pings, files, gossip, successions, renewal)
    house_mail.employ({kind: it for room in rooms_with_mail for kind, it in room.takers().items()})
    breakers = Breakers(hand, talks)
    errands.employ(
        {
            **held_for_paused(held_for_hang_ups(runners.table(), hand), hand.switches),
            "ask_policy": gatekeeper.decide,
            "check_chain": gatekeeper.acceptance.check,
            HOUSE_MAIL: house_mail.read,
        },
        runners.offer_once,
    )
    key_files = KeyFiles(config.home / KEYS, Means(clock=ring.clock, entropy=ring.entropy))
    folder = KeyFolder(key_files, keys)
    publisher = Publisher(hand, directory, config.profile(), exchange_key_is=folder.follow)
    incoming.tell_when_missed(publisher.missed)
    certificates = certificate_rooms(hand, services.authority, directory, lambda: publisher.tier)
    inbox = Inbox(hand, talks)
    ways = Ways(transport=transport, directory=directory, errands=errands)
    telling = Telling(run=Programs(os.environ).run, post=Web().post)
    guarding = guards(hand, talks, ways, StopFlag(config.home), telling)
    incoming.tell_faults_to(guarding.sentry.unreadable)
    return Rooms(
        config=config,
        hand=hand,
        talks=talks,
        errands=errands,
        incoming=incoming,
        house_mail=house_mail,
        schemas=schemas,
        files=files,
        inbox=inbox,
        outbox=Outbox(hand, talks, inbox, errands, consent),
        consent=consent,
        invites=invite_rooms(hand, peers, consent, reach),
        gatekeeper=gatekeeper,
        peers=peers,
        pings=pings,
        acquaintances=Acquaintances(hand.store, peers, consent.remarks, ring.clock),
        breakers=breakers,
        guards=guarding,
        publisher=publisher,
        watch=LogWatch(hand, gossip, directory, consent.key_changes, breakers),
        certificates=certificates,
        vigil=Vigil(hand, services.authority.trust, breakers, renewal),
        taking_back=TakingBack(hand, registry.revoke),
        successions=successions,
        succeeding=Succeeding(hand, publisher, succeed, (talks, house_mail)),
        presence=Presence(hand, peers, publisher, transport),
        steward=Steward(hand, talks, session_cache),
        session_cache=session_cache,
        transport=transport,
        directory=directory,
        ahead=ahead,
        journal=journal,
        records=records_of(keys, journal, peers, (config.home, ring.clock, ring.entropy)),
        policy=policy,
        key_files=Examination(lambda: check_keys(config.home / KEYS), ring.clock),
        audit_log=Examination(lambda: audit_findings(logs, audit_key, journal.audit), ring.clock),
        around=Examination(lambda: around_findings(config.home), ring.clock),
        counters=Counters(hand.bulletin, ring.clock),
        dashboard=Dashboard(
            config.settings.dashboard_port,
            hand.bulletin,
            ring.clock,
            Tokens(ring.clock, ring.entropy, config.settings.dashboard_fresh_seconds),
        ),
        started_at=ring.clock.monotonic(),
    )
