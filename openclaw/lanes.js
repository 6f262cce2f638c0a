// Messages are handed over one after the other for each peer, and to a few peers' sessions at once:
// a peer that keeps the agent busy, or writes ever more, keeps no other peer waiting.
const AT_ONCE = 4;
const MAX_TRIES = 3;
const MAX_KNOWN = 10_000;

export class Lanes {
  #hand;
  #busy = new Map(); // peer -> its message that is being handed over
  #tries = new Map(); // message id -> how often it was tried

  /** The id of a message: it and all older ones are over, read or not. */
  over;

  /** `hand(message)` gives it to the agent, and returns whether that is over: else it is tried again. */
  constructor(hand) {
    this.#hand = hand;
  }

  /** Begin with what may begin; return how many those are. `areOldest`: they follow on `over`. */
  begin(messages, { areOldest = false } = {}) {
    if (areOldest) {
      const open = messages.findIndex((it) => !this.#isOver(it));
      this.over = (open < 0 ? messages : messages.slice(0, open)).at(-1)?.message_id ?? this.over;
    }
    let begun = 0;
    for (const message of messages) {
      if (this.#busy.size >= AT_ONCE) break;
      if (this.#busy.has(message.from) || this.#isOver(message)) continue;
      this.#busy.set(message.from, this.#run(message));
      begun += 1;
    }
    return begun;
  }

  /** Ask for all of them again: perhaps nobody knows `over` any more. */
  forget() {
    this.over = undefined;
  }

  /** Wait until one of those under way is over; `patience` is a promise that ends it before. */
  change(patience) {
    return Promise.race([...this.#busy.values(), patience]);
  }

  /** Wait until all of them are. */
  end() {
    return Promise.all(this.#busy.values());
  }

  #isOver({ message_id: id }) {
    return (this.#tries.get(id) ?? 0) >= MAX_TRIES;
  }

  async #run(message) {
    const { from: peer, message_id: id } = message;
    const isOver = await this.#hand(message).catch(() => false);
    this.#tries.set(id, isOver ? MAX_TRIES : (this.#tries.get(id) ?? 0) + 1);
    if (this.#tries.size > MAX_KNOWN) this.#tries.delete(this.#tries.keys().next().value);
    this.#busy.delete(peer);
  }
}
