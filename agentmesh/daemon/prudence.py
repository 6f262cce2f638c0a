"""Settings and a policy that are valid, and yet not wise."""

import ipaddress
from urllib.parse import urlsplit

from agentmesh.crypto.suites import FLOOR
from agentmesh.daemon.config import Settings
from agentmesh.observability.findings import Finding
from agentmesh.policy.document import Policy

_UNPROVEN = 2


def of_settings(settings: Settings) -> list[Finding]:
    """Return what the settings give away."""
    found = []
    if settings.relay.startswith("ws://") and not _is_here(settings.relay):
        why = f"The way to {settings.relay} is open: others on it see whom we write to, and when."
        fix = "agentmesh down; agentmesh up --relay wss://…"
        found.append(Finding("relay_plain", "warning", why, fix))
    if settings.registry.startswith("http://") and not _is_here(settings.registry):
        why = f"The way to {settings.registry} is open: others on it see whom we look for."
        fix = "agentmesh down; agentmesh up --registry https://…"
        found.append(Finding("registry_plain", "warning", why, fix))
    if settings.suites and FLOOR.name not in settings.suites:
        why = f"`suites` in config.json leaves {FLOOR.name} out: all sessions are weak."
        found.append(
            Finding("floor_not_offered", "warning", why, "Take `suites` out of config.json.")
        )
    return found


def of_policy(policy: Policy) -> list[Finding]:
    """Return whether anybody at all gets in without being asked for or known."""
    is_open = policy.consent == "policy" and not policy.strict_mode
    if not is_open or _UNPROVEN not in policy.accept_tiers or policy.min_reputation > 0:
        return []
    why = "Whoever makes a key gets in unasked: consent is `policy`, and tier 2 is accepted."
    fix = "Be asked about strangers: agentmesh policy set consent ask"
    return [Finding("policy_open", "warning", why, fix)]


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
