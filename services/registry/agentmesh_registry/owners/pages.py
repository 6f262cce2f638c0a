"""What an owner sees in the browser after signing in. No script, nothing from elsewhere."""

from html import escape
from http import HTTPStatus

from agentmesh_registry.desk import Reply

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 12vh auto; padding: 0 1rem; }
.code { font: 600 2rem/1.4 ui-monospace, monospace; letter-spacing: .1em; }
"""


def code_page(code: str, amid: str, name: str) -> Reply:
    """Return the page that shows a code."""
    return _page(
        "Type this code",
        f"<p class=code>{escape(code)}</p>"
        f"<p>It makes the agent <b>{escape(name)}</b> (<code>{escape(amid)}</code>) yours. Type it "
        "where you ran <code>agentmesh verify-me</code>, and nowhere else.</p>"
        "<p>Did somebody send you here, or ask for this code? Then it is their agent and not "
        "yours: close this page, and give them nothing.</p>",
    )


def failure_page(message: str) -> Reply:
    """Return the page that says what went wrong."""
    again = "<p>Run <code>agentmesh verify-me</code> again.</p>"
    return _page("That did not work", f"<p>{escape(message)}</p>{again}", HTTPStatus.BAD_REQUEST)


def _page(title: str, body: str, status: int = HTTPStatus.OK) -> Reply:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
    return Reply(
        body=page.encode(),
        status=status,
        content_type="text/html; charset=utf-8",
        headers=_HEADERS,
    )
