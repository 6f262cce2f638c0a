// Whose messages wait for whose, asked of the plugin's own lanes without a host.
import assert from "node:assert/strict";
import test from "node:test";

const { Pages } = await import(`${process.env.PLUGIN}/openclaw/pages.js`);
const { Lanes } = await import(`${process.env.PLUGIN}/openclaw/lanes.js`);

const message = (from, number) => ({ from, message_id: `${from}${number}` });
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Lanes, what was given to the agent, and how to end each: `done.get(id)(isOver)`. */
const watched = () => {
  const given = [];
  const done = new Map();
  const lanes = new Lanes(({ message_id: id }) => {
    given.push(id);
    return new Promise((resolve) => done.set(id, resolve));
  });
  return { lanes, given, done };
};

test("a peer whose message keeps the agent busy keeps no other peer waiting", async () => {
  const { lanes, given, done } = watched();
  const messages = [message("b", 1), message("b", 2), message("c", 1)];
  assert.equal(lanes.begin(messages), 2);
  assert.equal(lanes.begin(messages), 0);
  assert.deepEqual(given, ["b1", "c1"]);
  done.get("b1")(true);
  await lanes.change(new Promise(() => {}));
  assert.equal(lanes.begin(messages), 1);
  assert.deepEqual(given, ["b1", "c1", "b2"]);
});

test("so many peers at once, and no more", () => {
  const { lanes, given } = watched();
  assert.equal(lanes.begin("abcdefgh".split("").map((it) => message(it, 1))), 4);
  assert.equal(given.length, 4);
});

test("what fails is tried three times, and those behind it all the while", async () => {
  const { lanes, given, done } = watched();
  const messages = [message("b", 1), message("b", 2)];
  for (const _ of [1, 2, 3]) {
    lanes.begin(messages);
    done.get("b1")(false);
    await soon();
  }
  lanes.begin(messages);
  assert.deepEqual(given, ["b1", "b1", "b1", "b2"]);
  const thrown = new Lanes(async () => Promise.reject(new Error()));
  assert.equal(thrown.begin([message("b", 1)]), 1);
  await thrown.end();
});

test("what is over is not asked for again, however much of it stays unread", async () => {
  const { lanes, done } = watched();
  const unread = [message("b", 1), message("b", 2), message("c", 1)];
  lanes.begin(unread, { areOldest: true });
  assert.equal(lanes.over, undefined);
  done.get("c1")(true);
  await soon();
  lanes.begin(unread, { areOldest: true });
  assert.equal(lanes.over, undefined);
  done.get("b1")(true);
  await soon();
  lanes.begin(unread, { areOldest: true });
  assert.equal(lanes.over, "b1");
  done.get("b2")(true);
  await soon();
  lanes.begin(unread.slice(1), { areOldest: true });
  assert.equal(lanes.over, "c1");
  lanes.begin([], { areOldest: true });
  assert.equal(lanes.over, "c1");
  lanes.forget();
  assert.equal(lanes.begin(unread, { areOldest: true }), 0);
  assert.equal(lanes.over, "c1");
});

test("a heap of messages hides nothing: each look goes deeper, and is bounded", async () => {
  const heap = Array.from({ length: 250 }, (_, number) => message("b", number)).concat(message("c", 1));
  const asked = [];
  const pages = new Pages(async ({ after }) => {
    asked.push(after);
    const start = heap.findIndex((it) => it.message_id === after) + 1;
    return { ok: true, messages: heap.slice(start, start + 20) };
  });
  const seen = new Set();
  for (let look = 0; look < 4; look += 1) {
    asked.length = 0;
    const found = await pages.look(0, undefined);
    assert(found.isFull && asked.length <= 5);
    assert.deepEqual(found.messages, heap.slice(0, 20));
    for (const it of [...found.messages, ...found.behind]) seen.add(it.message_id);
  }
  assert.equal(seen.size, heap.length);
});

test("a place that is gone is no place, and a failure is an answer", async () => {
  const page = { ok: true, messages: Array.from({ length: 20 }, (_, number) => message("b", number)) };
  const pages = new Pages(async ({ after }) => (after ? { ok: false, error: {} } : page));
  for (const _ of [1, 2]) assert.deepEqual((await pages.look(0)).behind, []);
  const none = new Pages(async () => ({ ok: false, error: {} }));
  assert.equal((await none.look(0)).ok, false);
});
