"""A home of the AgentMesh 0.2 draft, as its own setup wrote it."""

import base64
import json
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from agentmesh.protocol.ids import amid_of

SEED = bytes(range(32))
ALLOWED = amid_of(bytes(SigningKey(b"a" * 32).verify_key))
BLOCKED = amid_of(bytes(SigningKey(b"b" * 32).verify_key))
POLICY: dict[str, Any] = {
    "accept_tiers": [1, 1.5, 2],
    "min_reputation": 0.3,
    "accepted_intents": ["travel", "commerce"],
    "rejected_intents": ["marketplace"],
    "blocklist": [BLOCKED, "amid_1"],
    "allowlist": [ALLOWED, BLOCKED],
    "strict_mode": False,
    "max_concurrent_sessions": 10,
    "rate_limit": {"knocks_per_minute": 30, "messages_per_minute": 100},
    "store_transcripts": True,
    "auto_reject_when_offline": False,
    "notify_owner": {
        "on_knock_from_unknown": False,
        "on_high_value_transaction": True,
        "on_error": True,
        "threshold_usd": 50,
    },
}


def identity(**changed: Any) -> dict[str, Any]:
    """Return what `keys/identity.json` said."""
    key = SigningKey(SEED)
    told = {
        "amid": amid_of(bytes(key.verify_key)),
        "signing_private_key": "ed25519:" + base64.b64encode(SEED).decode(),
        "signing_public_key": "ed25519:" + base64.b64encode(bytes(key.verify_key)).decode(),
        "exchange_private_key": "x25519:" + base64.b64encode(b"x" * 32).decode(),
        "exchange_public_key": "x25519:" + base64.b64encode(b"y" * 32).decode(),
        "created_at": "2026-02-01T12:00:00+00:00",
        "framework": "openclaw",
        "framework_version": "0.4.2",
    }
    return {**told, **changed}


def draft_home(folder: Path, **policy: Any) -> Path:
    """Make a home of 0.2 in `folder`; `policy` changes fields of its policy."""
    for name in ("keys", "logs", "sessions", "transcripts"):
        (folder / name).mkdir(parents=True)
    (folder / "keys" / "identity.json").write_text(json.dumps(identity(), indent=2))
    (folder / "policy.json").write_text(json.dumps({**POLICY, **policy}, indent=2))
    config = {"relay_url": "wss://relay.agentmesh.online", "capabilities": ["travel/flights"]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder
