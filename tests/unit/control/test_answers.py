"""The table of calls."""

import pytest

from agentmesh.control import answers

KEYS_OF_STATUS = (
    "amid did tier name certificate daemon relay registry sessions sessions_total inbox outbox "
    "knocks approvals prekeys paused stopped warnings"
)
KEYS_OF_MESSAGE = (
    "message_id session_id from from_name verified trust received_at type payload content "
    "schema_problems warnings context"
)
KEYS_OF_SENT = (
    "message_id session_id outcome reason reply timed_out approval_id progress schema_problems"
)
KEYS_OF_FOUND = "amid name tier capabilities status reputation ratings_count flags organization"


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        (answers.Status, KEYS_OF_STATUS),
        (answers.Message, KEYS_OF_MESSAGE),
        (answers.Found, KEYS_OF_FOUND),
        (answers.Sent, KEYS_OF_SENT),
    ],
)
def test_answers_have_the_keys_of_the_contract(answer: type[answers.Answer], keys: str) -> None:
    assert list(answer.__struct_encode_fields__) == keys.split()
