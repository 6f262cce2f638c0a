"""One agent's account of what was said about it, inside a transaction of the one writer."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh_registry.reputation.record import Record
from agentmesh_registry.reputation.score import Standing, score, shown
from agentmesh_registry.reputation.votes import Voice
from agentmesh_registry.reputation.weights import NOBODY_VOUCHES
from agentmesh_registry.storage.listings import move
from agentmesh_registry.storage.tables import agents, standings, voices

Party = sa.Row[Any]
"""The columns `PARTY` of an agent."""
PARTY = (agents.c.amid, agents.c.tier, agents.c.registered_at, agents.c.owner)


class Account:
    """Opened, told what was heard, and closed: then the score is up to date."""

    def __init__(self, connection: sa.Connection, whose: Party, now: int) -> None:
        self._connection = connection
        self._whose = whose
        self._now = now
        self._record = read_record(connection, whose.amid)
        self._before = self._score(self._record.standing)
        standing = self._record.standing
        self._feedback, self._completion = standing.feedback, standing.completion
        self._owners = self._record.owners
        self.raters = standing.raters
        self.sessions = standing.sessions
        self.completed = self._record.completed

    def hear(self, speaker: Party, say: Callable[[Voice], Voice]) -> None:
        """Change what a voter says."""
        proven = is_proven(speaker)
        mine = (voices.c.target == self._whose.amid) & (voices.c.voter == voter_of(speaker))
        row = self._connection.execute(sa.select(voices).where(mine)).one_or_none()
        was = Voice() if row is None else _voice_of(row)
        voice = say(was)
        self._feedback = self._feedback.changed(
            was.of_ratings(), voice.of_ratings(), is_proven=proven
        )
        self._completion = self._completion.changed(
            was.of_sessions(is_proven=proven), voice.of_sessions(is_proven=proven), is_proven=proven
        )
        self._owners += proven and not was.ratings and bool(voice.ratings)
        values = msgspec.structs.asdict(voice)
        if row is None:
            names = {"target": self._whose.amid, "voter": voter_of(speaker), "is_proven": proven}
            self._connection.execute(sa.insert(voices).values(**names, **values))
        else:
            self._connection.execute(sa.update(voices).where(mine).values(**values))

    def close(self) -> None:
        """Keep the account, and the score that follows from it."""
        standing = Standing(
            feedback=self._feedback,
            completion=self._completion,
            raters=self.raters,
            sessions=self.sessions,
        )
        record = msgspec.structs.replace(
            self._record, standing=standing, owners=self._owners, completed=self.completed
        ).scored(self._before, self._score(standing), self._now)
        self._keep(record)
        change = sa.update(agents).where(agents.c.amid == self._whose.amid)
        age = self._now - self._whose.registered_at
        self._connection.execute(
            change.values(
                reputation_score=shown(standing, self._whose.tier, age),
                ratings_count=standing.raters,
            )
        )
        move(self._connection, self._whose.amid)

    def _score(self, standing: Standing) -> float:
        return score(standing, self._whose.tier, self._now - self._whose.registered_at)

    def _keep(self, record: Record) -> None:
        mine = standings.c.amid == self._whose.amid
        body = msgspec.msgpack.encode(record)
        update = sa.update(standings).where(mine).values(record=body)
        if not self._connection.execute(update).rowcount:
            insert = sa.insert(standings).values(amid=self._whose.amid, record=body)
            self._connection.execute(insert)


def refresh(connection: sa.Connection, amid: Amid, now: int) -> None:
    """Bring a score up to date that grew older with its agent."""
    query: sa.Select[Any] = sa.select(*PARTY).where(agents.c.amid == amid)
    Account(connection, connection.execute(query).one(), now).close()


def read_record(connection: sa.Connection, amid: Amid) -> Record:
    """Return what is kept about an agent; an empty record if nothing is."""
    query = sa.select(standings.c.record).where(standings.c.amid == amid)
    body = connection.execute(query).scalar_one_or_none()
    return Record() if body is None else msgspec.msgpack.decode(body, type=Record)


def voter_of(party: Party) -> str:
    """Return whose vote an agent's word is: its owner's, or its own."""
    return f"owner {party.owner}" if is_proven(party) else str(party.amid)


def is_proven(party: Party) -> bool:
    """Whether somebody has proved to be its owner."""
    return party.owner is not None and party.tier < NOBODY_VOUCHES


def _voice_of(row: sa.Row[Any]) -> Voice:
    return Voice(
        ratings=row.ratings,
        weight=row.weight,
        value=row.value,
        sessions=row.sessions,
        completed=row.completed,
    )
