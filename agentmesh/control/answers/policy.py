"""The policy in force."""

from typing import Any

from agentmesh.control.answers.answer import Answer


class Policy(Answer, frozen=True, kw_only=True):
    """The policy in force, every field with its value; for `policy.get` with a key, that part."""

    policy: Any
