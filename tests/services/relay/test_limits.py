from agentmesh_relay.limits import MINUTE, Accounts, Kind, allowed

from agentmesh.protocol.ids import Amid

ALICE, BOB = Amid("alice"), Amid("bob")


def test_so_many_a_minute_and_no_more() -> None:
    accounts = Accounts(allowed(10, 3, 1))
    assert [accounts.take(ALICE, Kind.MESSAGE, 1, 0.0) for _ in range(10)] == [0.0] * 10
    wait = accounts.take(ALICE, Kind.MESSAGE, 1, 0.0)
    assert wait == MINUTE / 10
    assert accounts.take(ALICE, Kind.MESSAGE, 1, wait) == 0.0


def test_what_is_given_back_was_never_taken() -> None:
    accounts = Accounts(allowed(10, 3, 1))
    assert accounts.take(ALICE, Kind.MESSAGE, 10, 0.0) == 0.0
    accounts.give_back(ALICE, Kind.MESSAGE, 4)
    waits = [accounts.take(ALICE, Kind.MESSAGE, 1, 0.0) for _ in range(5)]
    assert waits == [0.0] * 4 + [MINUTE / 10]


def test_a_refusal_costs_nothing() -> None:
    accounts = Accounts(allowed(1, 1, 1024))
    assert accounts.take(ALICE, Kind.KNOCK, 1, 0.0) == 0.0
    waits = {accounts.take(ALICE, Kind.KNOCK, 1, 0.0) for _ in range(100)}
    assert waits == {MINUTE}


def test_agents_and_kinds_have_accounts_of_their_own() -> None:
    accounts = Accounts(allowed(1, 1, 1024))
    assert accounts.take(ALICE, Kind.MESSAGE, 1, 0.0) == 0.0
    assert accounts.take(ALICE, Kind.KNOCK, 1, 0.0) == 0.0
    assert accounts.take(BOB, Kind.MESSAGE, 1, 0.0) == 0.0
    assert accounts.take(ALICE, Kind.MESSAGE, 1, 0.0) > 0.0


def test_bulk_is_counted_in_bytes() -> None:
    allowance = allowed(1, 1, 1024)
    accounts = Accounts(allowance)
    half = allowance.bulk_bytes_per_minute // 2
    assert accounts.take(ALICE, Kind.BULK, half, 0.0) == 0.0
    assert accounts.take(ALICE, Kind.BULK, half, 0.0) == 0.0
    assert accounts.take(ALICE, Kind.BULK, half, 0.0) > 29.0


def test_the_number_of_accounts_is_bounded_and_debtors_are_remembered() -> None:
    accounts = Accounts(allowed(1, 1, 1024), bound=10)
    accounts.take(ALICE, Kind.MESSAGE, 1, 0.0)
    for number in range(100):
        accounts.take(Amid(f"stranger {number}"), Kind.MESSAGE, 1, 0.0)
        assert len(accounts) <= 10
    accounts.take(ALICE, Kind.MESSAGE, 1, 200.0)
    accounts.forget_paid(210.0)
    assert len(accounts) == 1
    assert accounts.take(ALICE, Kind.MESSAGE, 1, 210.0) > 0.0


def test_receipts_keep_up_with_the_messages_that_are_allowed() -> None:
    assert allowed(50_000, 1, 1).receipts_per_minute >= 50_000
