"""What must not leave without the owner's word: keys, passwords and tokens in what an agent says.

Searches take time in proportion to the text (RE2): a pattern can be wrong, never slow. It finds
what has the shape of a secret; a secret in plain words it cannot know.
"""

import base64
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import re2

from agentmesh.policy.unwrapping import RUN, plain, unwrapped

SHAPES = {
    "private_key": (
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
        r"b3BlbnNzaC1rZXktdjE",
        r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
        r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b",
        r"\b[xyz]prv[1-9A-HJ-NP-Za-km-z]{100,}",
        r"(?i)\b(?:private|secret|signing)[ _-]?key\W{1,10}(?:0x)?[0-9a-f]{64}\b",
    ),
    "token": (
        r"\bsk-[A-Za-z0-9_-]{20,}",
        r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
        r"\bgh[oprsu]_[A-Za-z0-9]{30,}",
        r"\bgithub_pat_[A-Za-z0-9_]{22,}",
        r"\bglpat-[A-Za-z0-9_-]{20,}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"\bxapp-[0-9]-[A-Za-z0-9-]{10,}",
        r"hooks\.slack\.com/services/T[A-Za-z0-9_/]{20,}",
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\bya29\.[0-9A-Za-z_-]{20,}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bnpm_[A-Za-z0-9]{36}",
        r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}",
        r"\bdo[opr]_v1_[a-f0-9]{64}",
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
        r"(?i)\b(?:account|shared)accesskey=[A-Za-z0-9+/=]{20,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"(?i)\b(?:bearer|basic) [A-Za-z0-9._~+/-]{20,}",
    ),
    "password": (
        r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/:@]{3,200}@",
        r"(?i)\b[a-z_]*(?:passwo?r?d|passphrase|secret|api[_-]?key|access[_-]?token)[\"']?\s{0,3}[:=]"
        r"\s{0,3}[\"']?(?:[^\s\"'<{$]{0,200}[0-9!#%&*+/=?@^~][^\s\"'<{$]{0,200})",
    ),
    "system_prompt": (
        r"(?i)<\|(?:im_start|start_header_id|system)\|>\s{0,3}(?:system)?",
        r"(?i)<</?SYS>>",
        r"(?i)[\"']role[\"']\s{0,3}:\s{0,3}[\"'](?:system|developer)[\"']",
        r"(?i)\b(?:begin|start) of (?:the )?system prompt\b",
    ),
}
"""Kinds of secrets, and how they look."""

HIGH_ENTROPY, OWN_KEY, OWNER_PATTERN = "random_string", "own_key", "owner_pattern"
MAX_LETTERS = 1_000_000
"""So much is looked at, more than a message can have."""
MIN_RANDOM = 32
MIN_BITS, MIN_CHANGES = 4.0, 0.4

_COMPILED = {kind: [re2.compile(shape) for shape in shapes] for kind, shapes in SHAPES.items()}


def compiled(patterns: Iterable[str]) -> list[Any]:
    """Return the owner's patterns, ready to search with; raise `ValueError` for what is none."""
    try:
        options = re2.Options()
        options.log_errors = False
        return [re2.compile(pattern, options) for pattern in patterns]
    except re2.error as error:
        told = error.args[0]
        raise ValueError(told.decode() if isinstance(told, bytes) else str(told)) from None


def findings(
    payload: object, owners: Iterable[Any] = (), own_keys: Iterable[bytes] = ()
) -> tuple[str, ...]:
    """Return what kinds of secrets are in a payload, without the secrets."""
    text = plain("\n".join(_strings(payload))[:MAX_LETTERS])
    texts = unwrapped(text)
    found = {kind for kind, shapes in _COMPILED.items() if _any(shapes, texts)}
    if _any(owners, texts):
        found.add(OWNER_PATTERN)
    if any(_is_random(run) for run in RUN.findall(text)):
        found.add(HIGH_ENTROPY)
    if any(_holds_key(text, key) for key in own_keys for text in texts):
        found.add(OWN_KEY)
    return tuple(sorted(found))


def _any(shapes: Iterable[Any], texts: Iterable[str]) -> bool:
    return any(shape.search(text) for shape in shapes for text in texts)


def _strings(payload: object) -> Iterator[str]:
    """Yield every string of a document, names of fields too, without going deeper than it does."""
    waiting: list[object] = [payload]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict(fields):
                # What belongs together stays together: {"password": "x1"} reads as a line.
                for name, value in fields.items():
                    yield f"{name}: {value}" if isinstance(value, str) else str(name)
                waiting += [it for it in fields.values() if not isinstance(it, str)]
            case list(items) | tuple(items):
                waiting += reversed(items)
            case _:  # numbers and the like hold no secret
                pass


def _is_random(run: str) -> bool:
    """Whether letters look drawn by lot: many different ones, and no words among them."""
    if len(run) < MIN_RANDOM:
        return False
    kinds = ["Aa0"[_kind(letter)] for letter in run if letter.isalnum()]
    if len(set(kinds)) < len("Aa0"):
        return False
    changes = sum(one != other for one, other in pairwise(kinds))
    counts = Counter(run).values()
    bits = -sum(count / len(run) * math.log2(count / len(run)) for count in counts)
    return bits >= MIN_BITS and changes / len(kinds) >= MIN_CHANGES


def _kind(letter: str) -> int:
    return 2 if letter.isdigit() else int(letter.islower())


def _holds_key(text: str, key: bytes) -> bool:
    """Whether a key of ours is in a text: in hexadecimal, or in base64 of any kind."""
    solid = "".join(letter for letter in text if letter.isalnum() or letter in "+/-_")
    whole = len(key) // 3 * 4  # what follows depends on what comes after the key
    in_base64 = base64.b64encode(key).decode()[:whole]
    return key.hex() in solid.lower() or in_base64 in solid.replace("-", "+").replace("_", "/")
