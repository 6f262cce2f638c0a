"""How refusals look from outside: `application/problem+json` (RFC 9457) with a stable `code`."""

from http import HTTPStatus

import msgspec

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.times import to_text
from agentmesh_registry.bodies import Problem
from agentmesh_registry.desk import Reply
from agentmesh_registry.rates import RateLimited
from agentmesh_registry.stamps import StampNeeded

CONTENT_TYPE = "application/problem+json"
_RETRY_SECONDS = 5

STATUS = {
    "amid_mismatch": 403,
    "agent_not_found": 404,
    "already_revoked": 409,
    "body_too_large": 413,
    "authority_unreachable": 503,
    "certificate_exists": 409,
    "certificate_expired": 400,
    "certificate_not_found": 404,
    "claim_over": 409,
    "database_unreachable": 503,
    "document_malformed": 400,
    "domain_unproved": 409,
    "domain_unreachable": 503,
    "identity_revoked": 410,
    "internal_error": 500,
    "invalid_amid": 400,
    "invalid_category": 400,
    "invalid_certificate": 400,
    "invalid_domain": 400,
    "invalid_record": 400,
    "invalid_request": 400,
    "list_older": 409,
    "log_entry_not_found": 404,
    "method_not_allowed": 405,
    "no_authority": 404,
    "not_found": 404,
    "not_of_fleet": 409,
    "not_permitted": 403,
    "organization_not_found": 404,
    "prekey_id_reused": 409,
    "prekeys_not_found": 404,
    "rate_limited": 429,
    "receipt_expired": 400,
    "receipt_invalid": 400,
    "replayed": 401,
    "request_timeout": 408,
    "namespace_taken": 409,
    "schema_exists": 409,
    "schema_not_found": 404,
    "too_many_schemas": 409,
    "invalid_schema": 400,
    "attempt_unknown": 404,
    "code_wrong": 403,
    "invalid_address": 400,
    "mail_failed": 503,
    "owned_by_another": 409,
    "provider_failed": 503,
    "issuer_mixed_up": 503,
    "too_many_attempts": 429,
    "too_many_claims": 409,
    "unknown_provider": 404,
    "session_not_over": 400,
    "revocation_invalid": 400,
    "revocation_list_full": 409,
    "revocation_list_stale": 400,
    "signature_invalid": 401,
    "stale_record": 409,
    "stamp_needed": 428,
    "successor_taken": 409,
    "timestamp_expired": 401,
    "unauthorized": 401,
    "unknown_signer": 401,
    "unsupported_media_type": 415,
    "verification_token_invalid": 403,
}


def problem(error: AgentMeshError, now: float, headers: dict[str, str] | None = None) -> Reply:
    """Return the answer to a request that cannot be served."""
    status = HTTPStatus(STATUS.get(error.code, 500))
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "AgentMesh"
    retry_after = _retry_after(error, status)
    if retry_after is not None:
        sent["Retry-After"] = str(retry_after)
    document = Problem(
        type="about:blank",
        title=status.phrase,
        status=status.value,
        code=error.code if error.code in STATUS else "internal_error",
        detail=error.message,
        hint=error.hint,
        retry_after_seconds=retry_after,
        stamp_bits=error.bits if isinstance(error, StampNeeded) else None,
        server_time=to_text(now) if error.code == "timestamp_expired" else None,
    )
    body = msgspec.json.encode(document)
    return Reply(body=body, status=status.value, content_type=CONTENT_TYPE, headers=sent)


def _retry_after(error: AgentMeshError, status: HTTPStatus) -> int | None:
    if isinstance(error, RateLimited):
        return error.retry_after
    return _RETRY_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None
