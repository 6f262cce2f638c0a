"""A receipt as a file: it holds, or it is refused with the check that failed."""

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import IntegrityError
from agentmesh.protocol import receipt_file
from agentmesh.protocol.limits import LAST_MILLISECOND
from agentmesh.protocol.receipt_file import prove_it
from agentmesh.protocol.session_receipt import SessionReceipt
from agentmesh.protocol.signed import Purpose
from tests.support import receipts
from tests.support.hostile import FUZZ
from tests.support.receipts import ALICE, BOB, OUTCOME, STUB, both

NOW = receipts.STARTED / 1000 + 60
WHOLE, BEGUN = receipts.receipt(), receipts.receipt(is_over=False)


def file_of(receipt: SessionReceipt) -> bytes:
    return receipt_file.write(receipt, prove_it(receipt))


FILE = file_of(WHOLE)


def refusal(data: bytes, now: float = NOW) -> str:
    with pytest.raises(IntegrityError) as caught:
        receipt_file.read(data, now)
    return caught.value.code


def test_a_receipt_says_who_when_how_and_the_end() -> None:
    told = receipt_file.read(FILE, NOW)
    assert (told.initiator, told.receiver) == (ALICE.amid, BOB.amid)
    assert (told.started, told.outcome) == ("2027-01-15T08:00:00.000Z", "completed")
    assert (told.initiator_messages, told.receiver_messages) == (3, 2)
    assert told.transcript == bytes(range(32)).hex()


def test_the_beginning_alone_is_a_receipt_too() -> None:
    told = receipt_file.read(file_of(BEGUN), NOW)
    assert (told.outcome, told.initiator_messages, told.transcript) == ("", None, "")


def test_every_byte_of_the_file_counts() -> None:
    for place in range(len(FILE)):
        for other in (FILE[place] ^ 1, FILE[place] ^ 0x20, 0x20):
            if other != FILE[place]:
                data = FILE[:place] + bytes([other]) + FILE[place + 1 :]
                assert refusal(data).startswith("receipt_"), place


@pytest.mark.parametrize("cut", [0, 1, 100, len(FILE) - 1])
def test_a_file_cut_short_or_made_longer_is_refused(cut: int) -> None:
    refusal(FILE[:cut])
    refusal(FILE + FILE[:cut] + b" ")


@given(bit=st.integers(0, len(receipts.STUB.suite) * 8 - 1))
def test_what_people_read_is_what_was_signed(bit: int) -> None:
    told = json.loads(FILE)
    told["outcome"] = "completed" + chr(0x61 + bit % 26)
    assert refusal(json.dumps(told, indent=2).encode() + b"\n") == "receipt_altered"


def with_receipt(receipt: SessionReceipt) -> bytes:
    """Return the file with another receipt inside: a liar does not need our `write`."""
    told = json.loads(FILE)
    told["receipt"] = base64.b64encode(msgspec.msgpack.encode(receipt)).decode()
    return json.dumps(told).encode()


def test_two_copies_of_one_side_are_no_receipt() -> None:
    twice = SessionReceipt(stub=(WHOLE.stub[0], WHOLE.stub[0]))
    assert refusal(with_receipt(twice)) == "receipt_differs"


def test_copies_that_differ_are_no_receipt() -> None:
    later = msgspec.structs.replace(STUB, started=STUB.started + 1)
    one, _ = both(later, Purpose.SESSION_RECEIPT)
    assert refusal(with_receipt(SessionReceipt(stub=(one, WHOLE.stub[1])))) == "receipt_differs"


def test_an_outcome_of_another_session_is_no_receipt() -> None:
    other = msgspec.structs.replace(OUTCOME, suite="other")
    mixed = SessionReceipt(stub=WHOLE.stub, outcome=both(other, Purpose.SESSION_OUTCOME))
    assert refusal(with_receipt(mixed)) == "receipt_differs"


def test_a_signature_for_something_else_is_no_receipt() -> None:
    misused = SessionReceipt(stub=both(STUB, Purpose.ACCEPT))
    assert refusal(with_receipt(misused)) == "receipt_signature_invalid"


def test_a_session_with_oneself_is_no_receipt() -> None:
    alone = msgspec.structs.replace(STUB, receiver=ALICE.amid)
    copy = ALICE.sign(alone, Purpose.SESSION_RECEIPT)
    assert refusal(with_receipt(SessionReceipt(stub=(copy, copy)))) == "receipt_differs"


@pytest.mark.parametrize(
    "started", [0, 1_000_000_000_000, LAST_MILLISECOND, receipts.STARTED + 10**7]
)
def test_a_time_at_which_it_cannot_have_been_is_refused(started: int) -> None:
    odd = SessionReceipt(
        stub=both(msgspec.structs.replace(STUB, started=started), Purpose.SESSION_RECEIPT)
    )
    assert refusal(with_receipt(odd)) == "receipt_time"


def test_too_much_is_not_read() -> None:
    assert refusal(b" " * 100_000) == "receipt_malformed"


@FUZZ
@given(data=st.binary(max_size=300), place=st.integers(0, len(FILE)))
def test_anything_is_refused_in_a_word(data: bytes, place: int) -> None:
    assert refusal(data)
    spoilt = FILE[:place] + data + FILE[place:]
    if spoilt != FILE:
        assert refusal(spoilt)
