import json

import agentmesh
from agentmesh.observability.health import Health
from agentmesh.observability.logs import Code


def test_a_service_that_answers_is_alive_even_when_it_is_not_ready() -> None:
    health = Health("relay", {"mailbox": lambda: Code("disk_full")})
    answer = health.answer("/healthz")
    assert answer is not None
    assert answer[0] == 200


def test_a_failing_check_is_named() -> None:
    health = Health("relay", {"mailbox": lambda: Code("disk_full"), "hub": lambda: None})
    answer = health.answer("/readyz")
    assert answer is not None
    status, body = answer
    assert status == 503
    assert json.loads(body)["checks"] == {"mailbox": "disk_full", "hub": "ok"}


def test_the_version_is_the_packages() -> None:
    answer = Health("relay", {}).answer("/version")
    assert answer is not None
    assert json.loads(answer[1])["version"] == agentmesh.__version__


def test_other_paths_are_not_ours() -> None:
    assert Health("relay", {}).answer("/") is None
