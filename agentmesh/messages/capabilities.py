"""What two sides can do together: offered in a KNOCK, answered in the ACCEPT, changed later.

A capability is `category` or `category/subcategory`, or the id of a schema that is understood. In
a KNOCK a `!` in front says that without it there is nothing to talk about.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.payloads import CapabilityUpdate, parse_payload
from agentmesh.messages.schemas.names import Agreed, SchemaId, agree, parse
from agentmesh.protocol.limits import MAX_CAPABILITIES, MAX_ID_LETTERS

REQUIRED = "!"
MAX_KNOWN = 64
"""So many words a session remembers of each sort; more are not heard."""
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*){0,2}")

Words = tuple[str, ...]


class Agreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What both sides of a session have, and what one has offered and the other has not.

    A schema that is accepted and rejected: the sides have no version of it in common, and this one
    is the best they can do.
    """

    accepted: Words = ()
    rejected: Words = ()


def offers(own: Iterable[str], schemas: Iterable[SchemaId]) -> Words:
    """Return what we have, as a KNOCK can carry it: what our agent does, then what we understand.

    Newer versions and schemas of one's own come first: what finds no room is left out.
    """
    newest_first = sorted(schemas, key=lambda it: (-it.version, not it.is_custom, it.name))
    words = [word.casefold() for word in own] + [str(it) for it in newest_first]
    return tuple(dict.fromkeys(word for word in words if _is_word(word)))


def to_offer(required: Words, ours: Words) -> Words:
    """Return what a KNOCK offers: what it cannot do without, then what we have."""
    return (*required, *ours)[:MAX_CAPABILITIES]


def mark(words: Iterable[str]) -> Words:
    """Return capabilities marked as required."""
    return tuple(dict.fromkeys(REQUIRED + word.casefold() for word in words))


def required(offered: Words) -> Words:
    """Return what of an offer is required."""
    return tuple(word.removeprefix(REQUIRED) for word in offered if word.startswith(REQUIRED))


def missing(offered: Words, ours: Words) -> Words:
    """Return what is required and what we have not."""
    return tuple(word for word in required(offered) if not has(ours, word))


def has(ours: Iterable[str], word: str) -> bool:
    """Whether we have a capability; `travel` is all of `travel/...`, and part of it is some."""
    word = word.casefold()
    if parse(word) is not None:
        return str(parse(word)) in ours
    category, rest = apart(word)
    for own in ours:
        own_category, own_rest = apart(own)
        if parse(own) is None and own_category == category and (not rest or own_rest in ("", rest)):
            return True
    return False


def apart(word: str) -> tuple[str, str]:
    """Return a capability's category and the rest; a category of one's own is `x-.../...`."""
    head, _, rest = word.casefold().partition("/")
    if not head.startswith("x-"):
        return head, rest
    inside, _, rest = rest.partition("/")
    return f"{head}/{inside}", rest


def answer(offered: Words, ours: Words) -> Agreement:
    """Return what we say to an offer."""
    words = _bare(offered)
    accepted = [word for word in words if has(ours, word)]
    rejected = [word for word in words if word not in accepted]
    for agreed in _agreed(words, ours):
        if agreed.is_fallback:
            accepted.append(str(agreed.id))
            rejected.append(str(agreed.id))
    return _bounded(accepted, rejected)


def answered(offered: Words, accepted: Sequence[str], rejected: Sequence[str]) -> Agreement:
    """Return what the answer to our offer means: of it only what is about something we offered."""
    words = _bare(offered)
    names = {schema.name for schema in map(parse, words) if schema is not None}

    def is_about_it(word: str) -> bool:
        return word in words or _name_of(word) in names

    return _bounded(filter(is_about_it, accepted), filter(is_about_it, rejected))


def updated(agreement: Agreement, payload: bytes, ours: Words) -> Agreement:
    """Return the agreement after the peer gained or lost something; nonsense changes nothing."""
    told = _update(payload)
    lost = set(_bare(told.removed))
    gained = answer(tuple(word for word in told.added if word not in lost), ours)
    accepted = [word for word in agreement.accepted if word not in lost]
    rejected = [word for word in agreement.rejected if word not in gained.accepted]
    return _bounded([*accepted, *gained.accepted], [*rejected, *gained.rejected])


def withdrawn(agreement: Agreement, payload: bytes) -> Agreement:
    """Return the agreement after we said what we have not any more."""
    lost = set(_bare(_update(payload).removed))
    return _bounded((word for word in agreement.accepted if word not in lost), agreement.rejected)


def version_of(agreement: Agreement, name: str) -> Agreed | None:
    """Return the version of a schema that a session talks in; None if there is none."""
    schemas = [it for it in map(parse, agreement.accepted) if it is not None and it.name == name]
    if not schemas:
        return None
    best = max(schemas)
    return Agreed(best, is_fallback=str(best) in agreement.rejected)


def fallbacks(agreement: Agreement) -> Words:
    """Return the schemas of which the sides have no version in common, as they are used."""
    names = dict.fromkeys(filter(None, map(_name_of, agreement.accepted)))
    found = [agreed for name in names if (agreed := version_of(agreement, name)) is not None]
    return tuple(str(agreed.id) for agreed in found if agreed.is_fallback)


def _update(payload: bytes) -> CapabilityUpdate:
    try:
        told = parse_payload("capability_update", payload)
    except RemoteProtocolError:
        return CapabilityUpdate()
    return told if isinstance(told, CapabilityUpdate) else CapabilityUpdate()


def _agreed(words: Iterable[str], ours: Words) -> list[Agreed]:
    theirs = [schema for schema in map(parse, words) if schema is not None]
    own = [schema for schema in map(parse, ours) if schema is not None]
    names = sorted({schema.name for schema in theirs})
    return [agreed for name in names if (agreed := agree(name, own, theirs)) is not None]


def _bare(words: Iterable[str]) -> Words:
    bare = (word.removeprefix(REQUIRED).casefold() for word in words)
    return tuple(dict.fromkeys(word for word in bare if _is_word(word)))


def _bounded(accepted: Iterable[str], rejected: Iterable[str]) -> Agreement:
    kept = tuple(dict.fromkeys(filter(_is_word, accepted)))[:MAX_KNOWN]
    left = tuple(dict.fromkeys(filter(_is_word, rejected)))[:MAX_KNOWN]
    return Agreement(accepted=kept, rejected=left)


def _is_word(word: str) -> bool:
    return len(word) <= MAX_ID_LETTERS and _WORD.fullmatch(word) is not None


def _name_of(word: str) -> str:
    schema = parse(word)
    return "" if schema is None else schema.name
