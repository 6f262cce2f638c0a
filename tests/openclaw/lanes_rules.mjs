// Whose messages wait for whose, asked of the plugin's own lanes without a host.
import assert from "node:assert/strict";
import test from "node:test";

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
