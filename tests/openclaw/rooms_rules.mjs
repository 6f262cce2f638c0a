// What may be called in which session, asked of the plugin's own rules without a host.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const place = process.env.PLUGIN;
const { Rooms } = await import(`${place}/openclaw/rooms.js`);
const { ownersAgent } = await import(`${place}/openclaw/owner.js`);
const { waitFor } = await import(`${place}/openclaw/pace.js`);
const { shared } = await import(`${place}/openclaw/shared.js`);

const PEERS = "agent:main:agentmesh:default:direct:x";
const MAIN = "agent:main:main";
const rooms = new Rooms(["mesh_send", "mesh_reply"]);
rooms.enter(PEERS, "X", "token of x");
shared.owners = "token of the owner";

const judged = (toolName, params, caller) => rooms.guard({ toolName, params }, caller);
const isStopped = (...asked) => judged(...asked)?.block === true;
const inPeers = { sessionKey: PEERS };

test("in a peer's session there are our tools and no others, however they are called", () => {
  for (const name of ["mesh_send", "mesh_reply", "tool_search"]) assert(!isStopped(name, {}, inPeers));
  for (const name of ["exec", "read", "sessions_send", "mesh__mesh_send", "", "tool_call"]) {
    assert(isStopped(name, {}, inPeers), name);
    assert(isStopped("tool_call", { id: name, args: {} }, inPeers), name);
    assert(isStopped("tool_call", { id: "tool_call", args: { id: name } }, inPeers), name);
  }
  assert(!isStopped("tool_call", { id: "mesh_send", args: {} }, inPeers));
  for (const odd of [null, undefined, 7, "exec", []]) {
    for (const name of ["exec", "message", "tool_call"]) assert(isStopped(name, odd, inPeers));
    assert(isStopped("tool_call", { id: "message", args: odd }, inPeers));
  }
});

test("a turn that a peer's words started is a peer's, whatever the host calls its session", () => {
  for (const sessionKey of [undefined, MAIN, "global", `${PEERS}:thread:1`]) {
    const caller = { sessionKey, requester: { channel: "agentmesh", senderIsOwner: true } };
    assert(isStopped("exec", {}, caller));
  }
  assert(!Rooms.isApart("global") && !Rooms.isApart(MAIN) && Rooms.isApart(PEERS));
});

test("the owner's own session is not restricted", () => {
  for (const name of ["exec", "sessions_send", "tool_call"]) assert(!isStopped(name, {}, { sessionKey: MAIN }));
  assert.equal(judged("message", { action: "send", channel: "telegram", target: "z" }, { sessionKey: MAIN }), undefined);
});

test("what the owner allows besides is allowed", () => {
  shared.alsoAllow = ["web_search"];
  assert(!isStopped("web_search", {}, inPeers));
  assert(!isStopped("tool_call", { id: "web_search", args: {} }, inPeers));
  assert(isStopped("web_fetch", {}, inPeers));
  shared.alsoAllow = [];
});

test("from a peer's session a message goes to that peer, and takes nothing along", () => {
  const send = (more) => ["message", { action: "send", message: "hi", ...more }, inPeers];
  for (const more of [{ target: "Y" }, { to: "agentmesh:Y" }, { channel: "telegram" }, { action: "poll" }]) {
    assert(isStopped(...send(more)));
    const [name, args, caller] = send(more);
    assert(isStopped("tool_call", { id: name, args }, caller));
  }
  for (const more of [{}, { target: "X" }, { to: "agentmesh:X", media: "/etc/passwd", replyTo: "made up" }]) {
    const { params } = judged(...send(more));
    assert.deepEqual(Object.keys(params), ["action", "message", "replyTo"]);
    assert.equal(rooms.contextOfSaying(params.replyTo), "token of x");
    assert.equal(rooms.contextOfSaying(params.replyTo), undefined); // once
  }
  assert.equal(rooms.contextOfSaying("made up"), undefined);
});

test("each session has its own token, and who is not known has none", () => {
  const token = (caller) => rooms.contextOf(caller);
  assert.equal(token({ sessionKey: PEERS, senderIsOwner: true }), "token of x");
  assert.equal(token({ sessionKey: MAIN, senderIsOwner: true }), "token of the owner");
  assert.equal(token({ sessionKey: MAIN, channel: "agentmesh", senderIsOwner: true }), undefined);
  for (const senderIsOwner of [undefined, false, "true", 1]) {
    assert.equal(token({ sessionKey: MAIN, senderIsOwner }), undefined);
  }
  assert.equal(token({ sessionKey: PEERS.replace("x", "unknown"), senderIsOwner: true }), undefined);
});

test("what was marked and never said is forgotten in the end", () => {
  const marks = [];
  for (let count = 0; count < 300; count += 1) {
    marks.push(judged("message", { action: "send", message: "hi" }, inPeers).params.replyTo);
  }
  assert.equal(rooms.contextOfSaying(marks[0]), undefined);
  assert.equal(rooms.contextOfSaying(marks.at(-1)), "token of x");
});

test("a peer is news once in 30 s, the last of it too, and each for itself", () => {
  const toldAt = new Map();
  const waits = [0, 1, 29_999, 30_000, 30_001, 90_000].map((now) => waitFor(toldAt, "X", now));
  assert.deepEqual(waits, [0, 29_999, undefined, 30_000, undefined, 0]);
  assert.equal(waitFor(toldAt, "Y", 30_001), 0);
  for (let count = 0; count < 2_000; count += 1) waitFor(toldAt, `peer ${count}`, 100_000);
  assert(toldAt.size <= 1_000);
});

test("the owner's own agent is the only one, or the one that the host's settings name", () => {
  const main = {};
  const desk = {};
  const of = (entries, defaults) => ownersAgent({ agents: { entries, defaults } });
  assert.deepEqual(ownersAgent({}), { agentId: "main", why: undefined });
  assert.equal(of({ Ops: {} }).agentId, "ops");
  assert.equal(of({ main, desk }, { heartbeat: {} }).agentId, undefined);
  assert.match(of({ main, desk }).why, /several agents/);
  assert.equal(of({ main, desk }, { systemAgent: { agentId: "main" } }).agentId, "main");
  const both = { systemAgent: { agentId: "main" }, heartbeat: { agentId: "desk" } };
  assert.equal(of({ main, desk }, both).agentId, "desk");
  assert.equal(of({ main, desk: { default: true } }).agentId, "desk");
});

test("whom the host does not wake is not woken, and that is said as doctor says it", () => {
  const cases = JSON.parse(readFileSync(new URL("owner_cases.json", import.meta.url)));
  for (const { agents, why } of cases) {
    const said = ownersAgent({ agents }).why ?? "";
    assert(why ? said.includes(why) : said === "", `${JSON.stringify(agents)}: ${said}`);
  }
  assert(cases.length > 15);
});
