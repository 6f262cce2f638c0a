"""schemas."""

from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from agentmesh.errors import UsageError
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell

INVOICE = "x-acme/invoice/v1"
LISTED = answers.Schemas(
    schemas=[answers.SchemaSummary(id="a/b/v1", title="A\x1b[2J", origin="standard")]
)
WRONG = answers.Problem(path="$.a", message="It lacks b.", schema="a/b/v1")


@pytest.mark.parametrize("arguments", [("schemas",), ("schemas", "list")])
def test_the_schemas_are_listed(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["schemas.list"] = LISTED
    said = mesh(*arguments)
    assert said.out.splitlines()[1].split()[:2] == ["a/b/v1", "standard"]
    assert "\x1b" not in said.out
    assert mesh(*arguments, "--json").document["schemas"][0]["id"] == "a/b/v1"


def test_a_schema_is_shown(mesh: Shell, script: Script) -> None:
    script.answers["schemas.show"] = answers.Schema(id="a/b/v1", document={"type": "object"})
    assert mesh("schemas", "show", "a/b/v1").out == '{\n  "type": "object"\n}\n'


def test_a_schema_is_added_under_the_id_that_it_says_or_is_given(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    script.answers["schemas.add"] = answers.SchemaNamed(id=INVOICE)
    file = tmp_path / "invoice.json"
    file.write_text('{"$id":"x-acme/invoice/v1"}')
    assert mesh("schemas", "add", str(file)).out == f"{INVOICE} is kept.\n"
    assert script.asked[0][1] == calls.SchemasAdd(id=INVOICE, document={"$id": INVOICE})
    mesh("schemas", "add", str(file), "--id", "x-acme/invoice/v2")
    asked = script.asked[1][1]
    assert isinstance(asked, calls.SchemasAdd)
    assert asked.id == "x-acme/invoice/v2"


def test_a_schema_is_removed(mesh: Shell, script: Script) -> None:
    script.answers["schemas.remove"] = answers.SchemaNamed(id=INVOICE)
    assert mesh("schemas", "remove", INVOICE).out == f"{INVOICE} is forgotten.\n"


def test_data_that_does_not_fit_is_code_5(mesh: Shell, script: Script, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text('{"a":{}}')
    checked = answers.SchemaChecked(id="a/b/v1", fits=False, problems=[WRONG])
    script.answers["schemas.check"] = checked
    said = mesh("schemas", "check", "a/b/v1", str(file))
    assert (said.code, said.out) == (5, "Does not fit a/b/v1: $.a: It lacks b.\n")
    assert mesh("schemas", "check", "a/b/v1", str(file), "--json").document["fits"] is False
    script.answers["schemas.check"] = answers.SchemaChecked(id="a/b/v1", fits=True, problems=[])
    said = mesh("schemas", "check", "a/b/v1", str(file))
    assert (said.code, said.out) == (0, "It fits a/b/v1.\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((b"{", "not_json"), (b"\xff", "not_json"), (b"[]", "invalid_schema")),
        *((b"{}", "invalid_schema_id"), (b'{"$id":1}', "invalid_schema_id")),
        (b" " * 600_000, "file_too_large"),
    ],
)
def test_a_file_that_is_no_schema_is_not_sent(
    mesh: Shell, script: Script, tmp_path: Path, text: bytes, code: str
) -> None:
    file = tmp_path / "schema.json"
    file.write_bytes(text)
    said = mesh("schemas", "add", str(file), "--json")
    assert (said.code, said.document["error"]["code"]) == (2, code)
    assert script.asked == []


def test_a_file_that_is_not_there_is_an_error(mesh: Shell) -> None:
    said = mesh("schemas", "add", "/nowhere/schema.json")
    assert said.code == 2
    assert "No such file" in said.err


def test_what_the_daemon_refuses_is_said(mesh: Shell, script: Script, tmp_path: Path) -> None:
    script.answers["schemas.add"] = UsageError("invalid_schema", "/type: It has to be something.")
    file = tmp_path / "schema.json"
    file.write_text('{"$id":"x-acme/invoice/v1"}')
    said = mesh("schemas", "add", str(file))
    assert (said.code, "/type" in said.err) == (2, True)


def test_schemas_go_to_the_registry_and_come_from_there(mesh: Shell, script: Script) -> None:
    script.answers["schemas.publish"] = answers.SchemaNamed(id=INVOICE)
    assert mesh("schemas", "publish", INVOICE).out == f"{INVOICE} is published.\n"
    fetched = answers.SchemaFetched(id=INVOICE, author="5Hq", published_at="2026-01-31")
    script.answers["schemas.fetch"] = fetched
    assert "as 5Hq signed it" in mesh("schemas", "fetch", INVOICE).out
    assert [it[1] for it in script.asked] == [
        calls.SchemasPublish(id=INVOICE),
        calls.SchemasFetch(id=INVOICE),
    ]
