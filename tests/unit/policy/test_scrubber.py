"""What looks like a secret is found, however it is wrapped; what people say all day is not."""

import base64
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.policy.scrubber import compiled, findings
from tests.support.disguises import DISGUISES

ROOT = Path(__file__).parents[3]
BASE62 = string.ascii_letters + string.digits
PIECE = "aB3dE7gH1jK5mN9pQ2sT6vW8xY4z" * 4
SECRETS = {
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl": "private_key",
    "-----BEGIN RSA PRIVATE KEY-----": "private_key",
    "AGE-SECRET-KEY-1" + "Q" * 58: "private_key",
    "private key: 0x" + "ab12" * 16: "private_key",
    "sk-ant-api03-" + PIECE[:40]: "token",
    "sk-proj-" + PIECE[:40]: "token",
    "sk_live_" + PIECE[:24]: "token",
    "ghp_" + PIECE[:36]: "token",
    "github_pat_" + PIECE[:30]: "token",
    "glpat-" + PIECE[:20]: "token",
    "xoxb-123456789012-" + PIECE[:20]: "token",
    "AKIAIOSFODNN7EXAMPLE": "token",
    "AIza" + PIECE[:35]: "token",
    "hf_" + PIECE[:34]: "token",
    "123456789:AA" + PIECE[:33]: "token",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P": "token",
    "Authorization: Bearer " + PIECE[:30]: "token",
    "postgres://admin:hunter2@db.example.org/x": "password",
    "password: tr0ub4dor&3": "password",
    'export DB_PASSWORD="s3cr3t-value"': "password",
    "api_key=9f8e7d6c5b4a": "password",
    "<|im_start|>system You are": "system_prompt",
    "<<SYS>> You are": "system_prompt",
    '{"role": "system", "content": "You are"}': "system_prompt",
}
HONEST = (
    "Is there a flight from VIE to LIS on 2026-12-03 at 9:40? Two people, one bag each.",
    "See https://example.org/docs/Protocol/v2/Session_Keys.html#section-4.2 for how it works.",
    "My AMID is 3MY7r2YwyE45ZHyJuFUwpxA9Vebz, ask did:mesh:3MY7r2YwyE45ZHyJuFUwpxA9Vebz.",
    "The commit is 9ac1f60e9c4f3f7f2b1f6a9fe3a4f4a7d5a6c0de, the digest "
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.",
    "Message 01a3185c-5000-7859-916e-9b464a8bc269 in /home/user/Projects/AgentMesh/node/api2.py",
    "I forgot my password again. The secret of a good soup is patience. Key: the left one.",
    "def token(self, request: Request) -> Token: return self._tokens[request.key]",
    "You are right about the system prompt; it should be shorter.",
)


@pytest.mark.parametrize(("text", "kind"), SECRETS.items())
def test_what_has_the_shape_of_a_secret_is_found(text: str, kind: str) -> None:
    assert kind in findings({"text": text})
    assert kind in findings({"text": f"Sure, here it is: {text} and now you."})


@pytest.mark.parametrize(("text", "kind"), SECRETS.items())
def test_it_is_found_through_what_hides_it(text: str, kind: str) -> None:
    wide = "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in text)
    assert kind in findings({"a": [{"b": [text]}]})
    assert kind in findings({text: 1})
    assert kind in findings({"text": "\u200b".join(text)})
    assert kind in findings({"text": wide})
    assert kind in findings({"text": base64.b64encode(f"It is {text} ok".encode()).decode()})
    assert kind in findings({"text": text.encode().hex()})


@pytest.mark.parametrize("way", sorted(set(DISGUISES) - {"first_half", "second_half", "spelt"}))
@pytest.mark.parametrize(("text", "kind"), SECRETS.items())
def test_it_is_found_however_it_is_disguised(text: str, kind: str, way: str) -> None:
    hidden = DISGUISES[way](f"the thing is {text} as I said")
    assert kind in findings({"text": f"Look: {hidden} there it is."})


def test_a_secret_without_blanks_is_found_when_it_is_spelt() -> None:
    for text, kind in SECRETS.items():
        if not set(text) & set(" \n"):
            assert kind in findings({"text": f"Look: {DISGUISES['spelt'](text)} there it is."})


def test_a_field_and_its_value_belong_together() -> None:
    assert "password" in findings({"login": {"password": "tr0ub4dor"}})


@pytest.mark.parametrize("text", HONEST)
def test_what_people_say_all_day_is_not(text: str) -> None:
    assert findings({"text": text}) == ()


def test_of_all_that_our_papers_say_hardly_anything_looks_like_a_secret() -> None:
    papers = [path.read_text() for path in sorted(ROOT.glob("docs/**/*.md"))]
    pieces = [paper[at : at + 500] for paper in papers for at in range(0, len(paper), 500)]
    assert len(pieces) > 100
    assert sum(bool(findings({"text": it})) for it in pieces) <= len(pieces) // 100


def test_strings_drawn_by_lot_are_found() -> None:
    entropy = [base64.b64encode(bytes(hash((n, i)) % 256 for i in range(32))) for n in range(200)]
    found = sum("random_string" in findings({"text": it.decode()}) for it in entropy)
    assert found >= 190


@given(key=st.binary(min_size=32, max_size=32), before=st.text(BASE62, max_size=5))
def test_our_own_keys_are_found_in_every_usual_coat(key: bytes, before: str) -> None:
    coats = (
        key.hex(),
        key.hex(":"),
        key.hex().upper(),
        base64.b64encode(key).decode(),
        base64.urlsafe_b64encode(key).decode().rstrip("="),
        " ".join(base64.b64encode(key).decode()),
    )
    for coat in coats:
        assert "own_key" in findings({"text": f"{before} {coat} there"}, (), (bytes(32), key))


def test_the_owners_patterns_are_searched_for() -> None:
    owners = compiled([r"(?i)project\s+nightingale", r"\bACME-\d{4}\b"])
    assert findings({"text": "About Project  Nightingale"}, owners) == ("owner_pattern",)
    assert findings({"text": "case ACME-1234"}, owners) == ("owner_pattern",)
    assert findings({"text": "a nightingale's project"}, owners) == ()


@pytest.mark.parametrize("pattern", ["(", "(?=x)", r"(a)\1", "[z-a]"])
def test_a_pattern_that_is_none_is_said(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled([pattern])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(JSON)
def test_whatever_is_said_it_answers_with_known_kinds(payload: Any) -> None:
    kinds = {"private_key", "token", "password", "system_prompt", "random_string"}
    assert set(findings(payload)) <= kinds
    assert findings(json.loads(json.dumps(payload))) == findings(payload)


def test_depth_and_length_are_no_matter() -> None:
    deep: Any = "password=hunter2"
    for _ in range(5000):
        deep = [deep]
    assert findings(deep) == ("password",)
    assert findings({"text": "a" * 2_000_000 + "@" * 1000}) == ()
