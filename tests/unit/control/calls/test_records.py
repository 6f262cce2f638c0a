"""The calls about records."""

from agentmesh.control import calls


def test_no_passphrase_is_shown() -> None:
    asked = calls.TranscriptsKeys(session_id="s1", passphrase="swordfish")
    assert repr(asked) == "TranscriptsKeys(s1)"
