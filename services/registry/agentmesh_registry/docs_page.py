"""The page `/v1/docs`: the OpenAPI document for people, complete in itself, without a script."""

import json
from html import escape
from typing import Any

from agentmesh_registry.desk import Reply

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; font-size: 1.1rem; } code, pre { font-size: .9rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
"""


def build(document: dict[str, Any]) -> Reply:
    """Return the page about this document."""
    info = document["info"]
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    title = escape(f"{info['title']} {info['version']}")
    schemas = "".join(
        f'<h3 id="{escape(name)}">{escape(name)}</h3><pre>{_json(schema)}</pre>'
        for name, schema in document["components"]["schemas"].items()
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>{escape(info['description'])} "
        f'The same for programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(operations)}<h2>Types</h2>{schemas}</body></html>"
    )
    return Reply(
        body=page.encode(),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": _POLICY},
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<h2><code>{method.upper()} {escape(path)}</code></h2>"]
    signed = " Signed." if "security" in operation else ""
    parts.append(f"<p>{escape(operation['summary'])}{signed}</p>")
    if "requestBody" in operation:
        parts.append(f"<p>Body: {_reference(operation['requestBody'])}</p>")
    parts.append("<table>")
    for one in operation.get("parameters", ()):
        need = "required" if one["required"] else "optional"
        schema = _json(one["schema"])
        parts.append(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}, {need}</td>"
            f"<td><code>{schema}</code></td></tr>"
        )
    for status, answer in operation["responses"].items():
        parts.append(
            f"<tr><td>{status}</td><td>{escape(answer['description'])}</td>"
            f"<td>{_reference(answer)}</td></tr>"
        )
    return "".join([*parts, "</table>"])


def _reference(place: dict[str, Any]) -> str:
    content, *_ = place["content"].values()
    name = escape(content["schema"].get("$ref", "").rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>' if name else "a document"


def _json(value: object) -> str:
    return escape(json.dumps(value, indent=1))
