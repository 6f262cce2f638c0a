// How the tools' process is asked, and what happens when it is none of ours.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

const { Tools } = await import(`${process.env.PLUGIN}/openclaw/tools.js`);

/** A program that says these lines to whatever it is asked, after the handshake. */
const saying = (...lines) => {
  const command = join(mkdtempSync(join(tmpdir(), "tools-")), "agentmesh");
  const hello = JSON.stringify({ jsonrpc: "2.0", id: 1, result: {} });
  const script = ["#!/bin/sh", "read x", `echo '${hello}'`, "read x", "read x"];
  writeFileSync(command, [...script, ...lines.map((it) => `echo '${it}'`), "cat >/dev/null"].join("\n"));
  chmodSync(command, 0o700);
  return new Tools(() => ({ command, environment: { PATH: process.env.PATH } }));
};

test("a program that is not there is an answer, with what mends it", async () => {
  const tools = new Tools(() => ({ command: "/nowhere/agentmesh", environment: {} }));
  const { ok, error } = await tools.call("mesh_status");
  assert.equal(ok, false);
  assert.equal(error.code, "not_installed");
});

test("lines that are no answers harm nobody", async () => {
  const answer = JSON.stringify({ id: 2, result: { structuredContent: { ok: true } } });
  const tools = saying("", "null", "7", "[]", "{", JSON.stringify({ id: 99 }), answer);
  assert.deepEqual(await tools.call("mesh_status"), { ok: true });
  tools.stop();
});

test("what was cancelled before it began is not asked", async () => {
  const tools = saying();
  const signal = AbortSignal.abort();
  assert.match((await tools.call("mesh_status", {}, { signal })).error.message, /cancelled/);
  tools.stop();
});

test("a process that ends answers everybody who waits", async () => {
  const tools = saying("exit 0"); // no line of an answer
  const calls = [tools.call("mesh_status"), tools.call("mesh_status")];
  setTimeout(() => tools.stop(), 300);
  for (const { error } of await Promise.all(calls)) assert.match(error.message, /has ended/);
});
