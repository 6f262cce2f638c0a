"""A home of the draft is not taken for ours."""

from pathlib import Path

import pytest

from agentmesh.errors import UsageError
from agentmesh.storage.draft_keys import PUBLIC, refuse_draft


def test_private_keys_of_the_draft_are_refused_and_nothing_else(tmp_path: Path) -> None:
    refuse_draft(tmp_path)
    (tmp_path / PUBLIC).write_text('{"amid": "x"}')
    refuse_draft(tmp_path)
    (tmp_path / PUBLIC).write_text('{"signing_private_key": "ed25519:AAAA"}')
    with pytest.raises(UsageError) as caught:
        refuse_draft(tmp_path)
    assert caught.value.code == "home_of_0_2"
    assert "agentmesh import" in caught.value.hint
