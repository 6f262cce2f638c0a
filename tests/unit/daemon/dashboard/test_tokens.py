"""Tokens: once, for a while, and not many wrong ones."""

import asyncio
import hmac

import pytest

from agentmesh.daemon.dashboard import tokens as rules
from agentmesh.daemon.dashboard.tokens import Bearer, Tokens
from agentmesh.errors import AgentMeshError, NotPermitted
from tests.support.world import FakeClock, FakeEntropy


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens(clock, FakeEntropy())


def code_of(call: object, *given: object) -> str:
    with pytest.raises(AgentMeshError) as caught:
        call(*given)  # type: ignore[operator]
    return caught.value.code


def enter(tokens: Tokens, scope: rules.Scope = "control") -> tuple[str, Bearer]:
    return tokens.come_in(tokens.offer(scope))


def test_an_offer_lets_in_once(tokens: Tokens) -> None:
    offer = tokens.offer("view")
    secret, bearer = tokens.come_in(offer)
    assert bearer.scope == "view"
    assert tokens.bearer(secret) == bearer
    assert code_of(tokens.come_in, offer) == "bootstrap_invalid"


async def test_of_those_who_come_with_one_offer_at_once_one_is_in(tokens: Tokens) -> None:
    offer = tokens.offer("control")

    async def come() -> bool:
        await asyncio.sleep(0)
        try:
            return bool(tokens.come_in(offer))
        except NotPermitted:
            return False

    assert sum(await asyncio.gather(*(come() for _ in range(8)))) == 1


def test_an_offer_is_good_for_a_minute(tokens: Tokens, clock: FakeClock) -> None:
    offer = tokens.offer("control")
    clock.advance(rules.OFFER_SECONDS)
    assert code_of(tokens.come_in, offer) == "bootstrap_invalid"


def test_tokens_have_256_bits_and_none_is_like_another(tokens: Tokens) -> None:
    made = {tokens.offer("view") for _ in range(100)} | {enter(tokens)[0] for _ in range(100)}
    assert len(made) == 200
    assert {len(it) for it in made} == {43}


def test_no_secret_is_kept_or_shown(tokens: Tokens) -> None:
    offer = tokens.offer("control")
    assert offer not in repr(vars(tokens))
    secret, bearer = tokens.come_in(offer)
    ticket = tokens.ticket(bearer)
    assert not [it for it in (secret, ticket) if it in repr(vars(tokens)) + repr(bearer)]


def test_a_bearer_ends_and_is_fresh_for_a_while_only(tokens: Tokens, clock: FakeClock) -> None:
    secret, bearer = enter(tokens)
    assert tokens.is_fresh(bearer)
    clock.advance(rules.FRESH_SECONDS)
    assert not tokens.is_fresh(bearer)
    assert tokens.holds(bearer)
    clock.advance(rules.BEARER_SECONDS - rules.FRESH_SECONDS)
    assert not tokens.holds(bearer)
    assert code_of(tokens.bearer, secret) == "unauthorized"


def test_an_owner_may_want_to_be_asked_sooner(clock: FakeClock) -> None:
    tokens = Tokens(clock, FakeEntropy(), 5)
    _, bearer = enter(tokens)
    assert tokens.is_fresh(bearer)
    clock.advance(5)
    assert not tokens.is_fresh(bearer)


def test_people_are_shown_when_it_ends_by_their_own_clock(tokens: Tokens, clock: FakeClock) -> None:
    _, bearer = enter(tokens)
    until, fresh_until = tokens.shown(bearer)
    assert until == clock.now() + rules.BEARER_SECONDS
    assert fresh_until == clock.now() + rules.FRESH_SECONDS


def test_who_is_thrown_out_is_out(tokens: Tokens) -> None:
    secret, bearer = enter(tokens)
    other, _ = enter(tokens)
    assert tokens.end(bearer) == 1
    assert tokens.end(bearer) == 0
    assert code_of(tokens.bearer, secret) == "unauthorized"
    assert tokens.bearer(other)
    assert tokens.end_all() == 1
    assert code_of(tokens.bearer, other) == "unauthorized"


def test_with_all_tabs_their_offers_and_tickets_go(tokens: Tokens) -> None:
    _, bearer = enter(tokens)
    offer, ticket = tokens.offer("control"), tokens.ticket(bearer)
    tokens.end_all()
    assert code_of(tokens.come_in, offer) == "bootstrap_invalid"
    assert code_of(tokens.take, ticket) == "unauthorized"


def test_the_oldest_tab_goes_where_there_are_too_many(tokens: Tokens) -> None:
    first, _ = enter(tokens)
    others = [enter(tokens)[0] for _ in range(rules.MAX_BEARERS)]
    assert code_of(tokens.bearer, first) == "unauthorized"
    assert all(tokens.bearer(it) for it in others)


def test_a_ticket_opens_one_stream_and_not_for_long(tokens: Tokens, clock: FakeClock) -> None:
    _, bearer = enter(tokens)
    ticket, late = tokens.ticket(bearer), tokens.ticket(bearer)
    assert tokens.take(ticket) == bearer
    assert code_of(tokens.take, ticket) == "unauthorized"
    clock.advance(rules.TICKET_SECONDS)
    assert code_of(tokens.take, late) == "unauthorized"


def test_a_ticket_ends_with_its_tab(tokens: Tokens) -> None:
    _, bearer = enter(tokens)
    ticket = tokens.ticket(bearer)
    tokens.end(bearer)
    assert code_of(tokens.take, ticket) == "unauthorized"


@pytest.mark.parametrize("door", ["come_in", "bearer", "take"])
def test_ten_wrong_tokens_lock_every_door_for_a_minute(
    tokens: Tokens, clock: FakeClock, door: str
) -> None:
    secret, bearer = enter(tokens)
    offer, told = tokens.offer("control"), []
    tokens.when_locked(lambda: told.append(1))
    for _ in range(rules.MAX_TRIES):
        assert code_of(getattr(tokens, door), "wrong") != "locked"
    assert told == [1]
    for each in ("come_in", "bearer", "take"):
        assert code_of(getattr(tokens, each), "wrong") == "locked"
    assert code_of(tokens.come_in, offer) == "locked"
    assert tokens.bearer(secret) == bearer  # who is in stays in
    clock.advance(rules.LOCK_SECONDS)
    assert code_of(tokens.come_in, "wrong") == "bootstrap_invalid"
    assert tokens.come_in(tokens.offer("control"))


def test_trying_while_it_is_locked_does_not_lock_it_for_longer(
    tokens: Tokens, clock: FakeClock
) -> None:
    for _ in range(rules.MAX_TRIES):
        code_of(tokens.come_in, "wrong")
    clock.advance(rules.LOCK_SECONDS - 1)
    assert code_of(tokens.come_in, "wrong") == "locked"
    clock.advance(1)
    assert tokens.come_in(tokens.offer("control"))


@pytest.mark.parametrize("at", [0, 3, 7, None])
def test_where_a_token_is_wrong_and_where_it_lies_makes_no_difference(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch, at: int | None
) -> None:
    secrets = [enter(tokens)[0] for _ in range(rules.MAX_BEARERS)]
    compared: list[int] = []
    compare = hmac.compare_digest
    monkeypatch.setattr(
        hmac, "compare_digest", lambda a, b: compared.append(len(a)) or compare(a, b)
    )
    if at is None:
        code_of(tokens.bearer, secrets[0][:-1])
    else:
        tokens.bearer(secrets[at])
    assert compared == [32] * rules.MAX_BEARERS


def test_what_is_no_text_at_all_is_only_wrong(tokens: Tokens) -> None:
    for odd in ("", "\udcff", "é" * 200):
        assert code_of(tokens.bearer, odd) == "unauthorized"
