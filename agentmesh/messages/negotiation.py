"""What our daemon answers to a `capability_request`, from what its owner has set."""

from collections.abc import Iterable, Sequence

import msgspec

from agentmesh.messages.capabilities import apart, has
from agentmesh.messages.payloads import CapabilityRequest, CapabilityResponse
from agentmesh.messages.schemas.names import Agreed, SchemaId, agree, parse

MAX_ANSWERED = 64
"""So many words of each sort are looked at."""
NEAREST = "No version of this schema is known to both: this is the lowest that one of us has."


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """What our owner has set: what our agent does, which languages it speaks, how it is paid."""

    capabilities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()


def respond(
    asked: CapabilityRequest, ours: Ours, schemas: Iterable[SchemaId]
) -> CapabilityResponse:
    """Return what of it we have, and what we have instead."""
    known = list(schemas)
    offered = (*ours.capabilities, *map(str, known))
    needs = asked.i_need[:MAX_ANSWERED]
    unavailable = tuple(word for word in needs if not has(offered, word))
    schema = _agreed_schema(asked.preferred_schemas[:MAX_ANSWERED], known)
    return CapabilityResponse(
        matched=tuple(word for word in needs if word not in unavailable),
        unavailable=unavailable,
        suggested_alternative=_alternative(unavailable, ours.capabilities),
        agreed_schema="" if schema is None else str(schema.id),
        agreed_language=_language(asked.languages[:MAX_ANSWERED], ours.languages),
        payment_methods=_common(asked.payment_methods[:MAX_ANSWERED], ours.payment_methods),
        warning=NEAREST if schema is not None and schema.is_fallback else "",
    )


def _alternative(unavailable: Iterable[str], own: Sequence[str]) -> str:
    """Return what we do in the category of something we do not."""
    for word in unavailable:
        for capability in own:
            if apart(capability)[0] == apart(word)[0]:
                return capability
    return ""


def _agreed_schema(preferred: Sequence[str], known: Sequence[SchemaId]) -> Agreed | None:
    """Return the first schema that both have in some version, rather than one that they have not.

    Of its versions: see `agree`.
    """
    theirs = [schema for schema in map(parse, preferred) if schema is not None]
    names = dict.fromkeys(schema.name for schema in theirs)
    found = [agreed for name in names if (agreed := agree(name, known, theirs)) is not None]
    return next((it for it in found if not it.is_fallback), found[0] if found else None)


def _language(wanted: Iterable[str], ours: Iterable[str]) -> str:
    """Return the first language that both speak, as we write it; `en-GB` will do for `en`."""
    for whole in (True, False):
        spoken = {_tag(language, whole=whole): language for language in reversed(list(ours))}
        for language in wanted:
            if _tag(language, whole=whole) in spoken:
                return spoken[_tag(language, whole=whole)]
    return ""


def _tag(language: str, *, whole: bool) -> str:
    tag = language.casefold().replace("_", "-")
    return tag if whole else tag.partition("-")[0]


def _common(wanted: Iterable[str], ours: Iterable[str]) -> tuple[str, ...]:
    have = {method.casefold() for method in ours}
    return tuple(method for method in wanted if method.casefold() in have)
