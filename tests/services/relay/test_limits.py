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


def test_what_an_agent_owes_moves_with_it_and_is_never_forgiven_by_moving() -> None:
    east, west = Accounts(allowed(10, 3, 1)), Accounts(allowed(10, 3, 1))
    for _ in range(5):
        east.take(ALICE, Kind.MESSAGE, 1, 100.0)
    west.take(ALICE, Kind.KNOCK, 1, 7.0)
    west.owe(ALICE, east.owed(ALICE, 100.0), 7.0)
    west.owe(ALICE, east.owed(ALICE, 100.0), 7.0)  # told twice: owed once
    assert [west.take(ALICE, Kind.MESSAGE, 1, 7.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    assert [west.take(ALICE, Kind.KNOCK, 1, 7.0) > 0 for _ in range(3)] == [False, False, True]


def test_who_owes_nothing_takes_nothing_along() -> None:
    accounts = Accounts(allowed(10, 3, 1))
    assert accounts.owed(ALICE, 0.0) == ()
    accounts.take(ALICE, Kind.MESSAGE, 1, 0.0)
    assert accounts.owed(ALICE, 100.0) == ()


def test_no_other_node_can_lock_an_agent_out_for_longer_than_a_minute() -> None:
    accounts = Accounts(allowed(10, 3, 1))
    accounts.owe(ALICE, (1e9,) * len(Kind), 0.0)
    accounts.owe(BOB, (1.0, 2.0), 0.0)
    assert 0 < accounts.take(ALICE, Kind.MESSAGE, 1, 0.0) <= MINUTE
    assert accounts.take(ALICE, Kind.MESSAGE, 1, MINUTE) == 0
    assert accounts.take(BOB, Kind.MESSAGE, 1, 0.0) == 0
