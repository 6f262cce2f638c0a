import pytest

from agentmesh.errors import UsageError
from agentmesh.policy import settings
from agentmesh.policy.document import FileRules, Policy
from agentmesh.policy.files import (
    MARGIN_BYTES,
    MAX_OFFERS,
    MAX_OFFERS_OF_A_PEER,
    FileFacts,
    FileVerdict,
    may_come_in,
)

MIB = 1024 * 1024
PLENTY = 1 << 50


def facts(rules: FileRules | None = None, **more: object) -> FileFacts:
    known: dict[str, object] = {
        "size": MIB,
        "extension": "pdf",
        "media_type": "application/pdf",
        "free_bytes": PLENTY,
        "rules": rules or FileRules(),
    }
    return FileFacts(**{**known, **more})  # type: ignore[arg-type]


def refused(reason: str) -> FileVerdict:
    return FileVerdict("refuse", reason)  # type: ignore[arg-type]


def test_by_default_the_owner_is_asked() -> None:
    assert may_come_in(facts(trust=3)) == FileVerdict("ask_owner")


@pytest.mark.parametrize(
    ("accept", "trust", "decision"),
    [
        ("contacts", 0, "ask_owner"),
        ("contacts", 1, "accept"),
        ("trusted", 1, "ask_owner"),
        ("trusted", 2, "accept"),
        ("everybody", 0, "accept"),
        ("never", 3, "refuse"),
    ],
)
def test_whose_files_are_taken_unasked(accept: str, trust: int, decision: str) -> None:
    rules = FileRules(accept=accept)  # type: ignore[arg-type]
    assert may_come_in(facts(rules, trust=trust)).decision == decision


def test_a_grant_is_as_good_as_a_rule_but_opens_no_closed_door() -> None:
    assert may_come_in(facts(grant="allow")) == FileVerdict("accept", by_grant=True)
    assert may_come_in(facts(FileRules(accept="never"), grant="allow")) == refused("not_accepted")
    trusting = FileRules(accept="everybody")
    assert may_come_in(facts(trusting, grant="refuse")) == refused("not_accepted")
    assert may_come_in(facts(grant="allow", size=PLENTY)) == refused("too_large")


@pytest.mark.parametrize("size", [1024 * MIB + 1, 2**40 + 1, 2**63, 2**64 - 1])
def test_what_is_too_large_is_refused(size: int) -> None:
    assert may_come_in(facts(size=size)) == refused("too_large")
    assert may_come_in(facts(size=100 * MIB)) == FileVerdict("ask_owner")


@pytest.mark.parametrize(
    ("allow", "deny", "is_refused"),
    [
        ({"pdf"}, set(), False),
        ({"application/pdf"}, set(), False),
        ({"application/*"}, set(), False),
        ({"png", "image/*"}, set(), True),
        (set(), {"pdf"}, True),
        (set(), {"application/*"}, True),
        ({"pdf"}, {"application/pdf"}, True),
        (set(), {"exe"}, False),
    ],
)
def test_types_are_allowed_and_denied(allow: set[str], deny: set[str], is_refused: bool) -> None:
    rules = FileRules(allow_types=frozenset(allow), deny_types=frozenset(deny))
    assert (may_come_in(facts(rules)) == refused("type_not_accepted")) is is_refused


@pytest.mark.parametrize("extension", ["sh", "html", "exe", "thing"])
def test_what_a_name_says_is_not_allowed_by_what_its_sender_says(extension: str) -> None:
    rules = FileRules(allow_types=frozenset({"image/*", "image/png"}))
    disguised = facts(rules, extension=extension, media_type="image/png")
    assert may_come_in(disguised) == refused("type_not_accepted")


@pytest.mark.parametrize("extension", ["png", "PNG", ""])
def test_a_media_type_allows_what_is_named_like_it_or_has_no_ending(extension: str) -> None:
    rules = FileRules(allow_types=frozenset({"image/*"}))
    assert may_come_in(facts(rules, extension=extension, media_type="image/png")).reason == ""


def test_what_either_says_is_denied() -> None:
    rules = FileRules(deny_types=frozenset({"application/pdf"}))
    for extension, media_type in (("pdf", "image/png"), ("png", "application/pdf")):
        offered = facts(rules, extension=extension, media_type=media_type)
        assert may_come_in(offered) == refused("type_not_accepted")


def test_a_file_of_no_type_is_not_among_the_allowed() -> None:
    rules = FileRules(allow_types=frozenset({"pdf"}))
    assert may_come_in(facts(rules, extension="", media_type="")) == refused("type_not_accepted")


def test_endless_offers_are_refused() -> None:
    assert may_come_in(facts(open_offers=MAX_OFFERS_OF_A_PEER)) == refused("too_many_offers")
    assert may_come_in(facts(open_in_all=MAX_OFFERS)) == refused("too_many_offers")


def test_there_must_be_room() -> None:
    assert may_come_in(facts(taken_bytes=4096 * MIB)) == refused("no_room")
    assert may_come_in(facts(free_bytes=MARGIN_BYTES)) == refused("no_room")
    assert may_come_in(facts(free_bytes=MARGIN_BYTES + MIB)) == FileVerdict("ask_owner")


def test_who_is_blocked_learns_nothing_else() -> None:
    assert may_come_in(facts(is_blocked=True, size=PLENTY)) == refused("blocked")
    assert may_come_in(facts(is_stopped=True, is_blocked=True)) == refused("stopped")


def test_types_in_the_policy_are_checked_and_written_in_their_usual_form() -> None:
    policy = settings.put(Policy(), "files.allow_types", [".PDF", "image/*"])
    assert policy.files.allow_types == {"pdf", "image/*"}
    for wrong in ("../x", "a b", "*", "image/", ""):
        with pytest.raises(UsageError):
            settings.put(Policy(), "files.deny_types", [wrong])
