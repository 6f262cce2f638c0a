"""Requests that the registry's own OpenAPI document allows, and such that it forbids.

Schemathesis makes them; whoever is registered signs those that have to be signed, so that they get
past the door. What comes back has to be what the document says.
"""

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agentmesh.protocol.requests import Request, authorize
from tests.support.registrant import Registrant
from tests.support.world import FakeEntropy

_ROUNDS = 5
"""Some operations have few questions that differ; others then have more than their share."""

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
"""That what is allowed is also accepted is no check: most of it is signed by the wrong agent."""

Now = Callable[[], float]


class Caller(NamedTuple):
    """Those who are registered at the registry, and what time it is."""

    agents: Sequence[Registrant]
    now: Now
    entropy: FakeEntropy


class Asked(NamedTuple):
    """How many requests were sent, how many of them were done, and which answers were wrong."""

    cases: int
    done: int
    failures: list[str]


def ask_all(url: str, caller: Caller, cases: int) -> Asked:
    """Send so many requests, to all operations alike, and compare the answers to the document."""
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    schema.config.update(base_url=url)
    # Too much is refused before it is looked at.
    refusals = schema.config.checks.negative_data_rejection
    refusals.expected_statuses = [*refusals.expected_statuses, "413"]
    operations = [it.ok() for it in schema.get_all_operations()]
    kinds = [(op, mode) for op in operations for mode in GenerationMode]
    each = -(-cases // len(kinds))
    done: list[bool] = []
    failures: list[str] = []
    rounds = itertools.chain.from_iterable(itertools.repeat(kinds, _ROUNDS))
    with requests.Session() as session:
        for number, (operation, mode) in enumerate(rounds):
            if number >= len(kinds) and len(done) >= cases:
                break
            run = _trying(operation.as_strategy(generation_mode=mode), caller, session, done)
            bounded = settings(
                max_examples=each,
                database=None,
                derandomize=False,
                verbosity=Verbosity.quiet,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            )
            try:
                with suppress(Unsatisfiable):  # what asks for nothing cannot ask for it wrongly
                    seed(number)(bounded(run))()
            except* Failure as wrong:
                failures += [f"{operation.label}: {it}" for it in wrong.exceptions]
    return Asked(len(done), sum(done), failures)


def _trying(
    strategy: st.SearchStrategy[Any], caller: Caller, session: requests.Session, done: list[bool]
) -> Callable[[], None]:
    @given(case=strategy, who=st.sampled_from(caller.agents), whom=st.sampled_from(caller.agents))
    def try_one(case: Any, who: Registrant, whom: Registrant) -> None:
        # A name that was made up is nobody's: half of them are made somebody's.
        if len(done) % 2 and case.meta.generation.mode is GenerationMode.POSITIVE:
            for place in (case.query, case.path_parameters):
                if place and "amid" in place:
                    place["amid"] = whom.amid
        prepared = requests.Request(**case.as_transport_kwargs()).prepare()
        if len(done) % 8 and _is_to_be_signed(case):
            prepared.headers["Authorization"] = _signed(prepared, who, caller)
        response = session.send(prepared, timeout=60, allow_redirects=False)
        done.append(response.ok)
        answer = schemathesis.Response.from_requests(response, verify=True)
        case.validate_response(answer, checks=CHECKS)

    return try_one


def _is_to_be_signed(case: Any) -> bool:
    header = case.meta.components.get(ParameterLocation.HEADER)
    is_forged = header is not None and header.mode is GenerationMode.NEGATIVE
    return "security" in case.operation.definition.raw and not is_forged


def _signed(prepared: requests.PreparedRequest, who: Registrant, caller: Caller) -> str:
    parts = urlsplit(str(prepared.url))
    body = prepared.body or b""
    request = Request(
        f"{parts.scheme}://{parts.netloc}",
        str(prepared.method),
        prepared.path_url,
        body.encode() if isinstance(body, str) else body,
    )
    return authorize(request, who.amid, who.sign_bytes, caller.now(), caller.entropy)
