"""A `~/.p2p` as openclaw-p2p 0.2.5 leaves it: `peers.json` was written by its own PeerStore."""

from pathlib import Path

NOVA = "p2p:45j9xJNzRYUkZLp3nKzBV3JDXpw6"
NOBODY = "p2p:2jERbUCKq4XcyoxqYQZ6bT2ejk2S"
PEERS = """{
  "p2p:45j9xJNzRYUkZLp3nKzBV3JDXpw6": {
    "peer_id": "p2p:45j9xJNzRYUkZLp3nKzBV3JDXpw6",
    "alias": "Nova",
    "public_key_pem": "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAXxGE2VhgX9IrA9rAjXUxPlBgJPptC\
Z0NBEjThmU6yDM=\\n-----END PUBLIC KEY-----\\n",
    "addresses": [
      "ws://10.0.0.2:9090"
    ],
    "trust_level": 2,
    "scope_instructions": "Help with research tasks, don't share my calendar",
    "description": "Alex's research assistant.",
    "capabilities": [
      "code",
      "research"
    ],
    "last_seen": 1742515200.0,
    "added_at": 1795275527.6466076,
    "metadata": {}
  },
  "p2p:2jERbUCKq4XcyoxqYQZ6bT2ejk2S": {
    "peer_id": "p2p:2jERbUCKq4XcyoxqYQZ6bT2ejk2S",
    "alias": "",
    "public_key_pem": "",
    "addresses": [],
    "trust_level": 0,
    "scope_instructions": "",
    "description": "",
    "capabilities": [],
    "last_seen": 0.0,
    "added_at": 1795275527.647293,
    "metadata": {}
  }
}"""
PRIVATE = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""


def p2p_home(folder: Path) -> Path:
    """Make a `~/.p2p` in `folder`."""
    (folder / "identity").mkdir(parents=True)
    (folder / "identity" / "private.pem").write_text(PRIVATE)
    (folder / "peers.json").write_text(PEERS)
    return folder
