from typing import Any

import pytest
from msgspec.structs import asdict

from agentmesh.storage.rows import Row
from agentmesh.storage.tables import INCOMING, OUTGOING, SESSIONS, TABLES, Named, Unreadable
from tests.support import stores

VAULT = stores.vault()
ROWS: list[Row] = [
    stores.session(),
    stores.outgoing("m"),
    stores.incoming("m"),
    stores.errand("e"),
    stores.knock("k"),
    stores.contact("c", suites=("a", "b")),
    stores.card("c"),
    stores.prekey(1, published=True),
    Named(name="n", value=b"value"),
]


def _on_disk(row: Row) -> tuple[Any, ...]:
    """Return the row as SQLite hands it back: true is 1."""
    values = TABLES[type(row)].to_disk(row, VAULT)
    return (1, *(int(value) if isinstance(value, bool) else value for value in values))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_comes_back_as_it_went(row: Row) -> None:
    assert TABLES[type(row)].from_disk(_on_disk(row), VAULT) == row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_bytes_are_sealed(row: Row) -> None:
    table = TABLES[type(row)]
    written = dict(zip(table.columns, table.to_disk(row, VAULT), strict=True))
    sealed = [name for name, value in asdict(row).items() if isinstance(value, bytes)]
    assert sealed
    for name in sealed:
        assert asdict(row)[name] not in written[name]


@pytest.mark.parametrize("column", ["session_id", "peer", "ours", "category", "expires_at"])
def test_a_field_that_was_edited_is_noticed(column: str) -> None:
    edited = {"ours": 0, "expires_at": 5.0}.get(column, "another")
    written = list(_on_disk(stores.session()))
    written[1 + SESSIONS.columns.index(column)] = edited
    with pytest.raises(Unreadable):
        SESSIONS.from_disk(tuple(written), VAULT)


@pytest.mark.parametrize("value", [b"", b"\x02too new", None, 7])
def test_a_box_that_is_none_is_noticed(value: object) -> None:
    written = list(_on_disk(stores.incoming("m")))
    written[1 + INCOMING.columns.index("body")] = value
    with pytest.raises(Unreadable):
        INCOMING.from_disk(tuple(written), VAULT)


@pytest.mark.parametrize(("column", "value"), [("outcome", "lost"), ("sequence", "one")])
def test_a_value_that_cannot_be_is_noticed(column: str, value: object) -> None:
    written = list(_on_disk(stores.outgoing("m")))
    written[1 + OUTGOING.columns.index(column)] = value
    with pytest.raises(Unreadable):
        OUTGOING.from_disk(tuple(written), VAULT)


def test_fields_that_change_by_themselves_are_not_bound() -> None:
    written = list(_on_disk(stores.incoming("m")))
    written[1 + INCOMING.columns.index("position")] = 9
    assert INCOMING.from_disk(tuple(written), VAULT) == stores.incoming("m", position=9)


def test_an_erased_body_is_empty_only_where_the_message_is_settled() -> None:
    written = list(_on_disk(stores.outgoing("m", outcome="delivered")))
    written[1 + OUTGOING.columns.index("body")] = b""
    assert OUTGOING.from_disk(tuple(written), VAULT).body == b""
    written[1 + OUTGOING.columns.index("outcome")] = "queued"
    with pytest.raises(Unreadable):
        OUTGOING.from_disk(tuple(written), VAULT)


def test_whole_seconds_come_back_as_times() -> None:
    row = stores.session(expires_at=5)
    assert SESSIONS.from_disk(_on_disk(row), VAULT).expires_at == 5.0
