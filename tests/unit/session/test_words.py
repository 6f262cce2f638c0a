"""What one side said, as one hash: the same for both, in whatever order it came."""

import hashlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.messages.envelope import Envelope
from agentmesh.protocol.ids import MessageId
from agentmesh.session.words import NOTHING, Words, is_counted


def envelope(sequence: int, kind: str = "text", payload: bytes = b'"x"') -> Envelope:
    name = MessageId(f"018f0000-0000-7000-8000-{sequence:012}")
    return Envelope(id=name, sequence=sequence, type=kind, timestamp=0, payload=payload)


def said(*envelopes: Envelope) -> Words:
    words = Words(NOTHING)
    for each in envelopes:
        words = words.add(each)
    return words


@given(st.permutations([envelope(number) for number in range(1, 9)]))
def test_the_order_in_which_they_come_does_not_matter(envelopes: list[Envelope]) -> None:
    assert said(*envelopes) == said(*sorted(envelopes, key=lambda it: it.sequence))


def test_every_word_matters() -> None:
    whole = said(envelope(1), envelope(2))
    other = msgspec.structs.replace(envelope(2), in_reply_to=envelope(1).id)
    for second in (envelope(2, "status"), envelope(2, payload=b'"y"'), other):
        assert said(envelope(1), second).digest != whole.digest
    assert said(envelope(1)).digest != whole.digest


def test_what_begins_and_ends_a_session_is_no_word_and_a_tombstone_is_one() -> None:
    assert said(envelope(1, "opening"), envelope(2, "close")).digest == NOTHING
    assert said(envelope(1, "tombstone")).digest != NOTHING
    one, other = envelope(1, "tombstone"), msgspec.structs.replace(envelope(1), type="tombstone")
    assert said(one).digest == said(msgspec.structs.replace(other, payload=b"{}")).digest
    assert [is_counted(kind) for kind in ("text", "tombstone", "opening", "close", "closed")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_words_that_nobody_counted_from_the_beginning_stay_unknown() -> None:
    assert Words().add(envelope(1)) == Words()


def test_the_hash_is_the_one_of_the_specification() -> None:
    word = envelope(2)
    parts = ((2).to_bytes(4, "big"), b"text", word.id.encode(), b"", word.payload)
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    item = hashlib.sha256(joined).digest()
    after = hashlib.sha256(bytes(32) + item).digest()
    assert said(envelope(1, "opening"), word).digest == after
