// What waits unread, a page at a time: a heap of one peer's messages does not hide what others wrote.
const PAGE = 20; // see agentmesh/tools/delivery.py
const DEEPER = 4;

const isFull = ({ messages }) => messages?.length >= PAGE;
const lastOf = ({ messages }) => messages.at(-1).message_id;

export class Pages {
  #ask;
  #place; // how far behind the first page was looked

  /** `ask({wait, after})` returns a page, the oldest messages first. */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Return the oldest messages after one, as they were answered; `isFull`: there are more, and
   * `behind` are some of those, each time other ones. */
  async look(wait, over) {
    const found = await this.#ask({ wait, after: over });
    const behind = [];
    let after = isFull(found) ? (this.#place ?? lastOf(found)) : undefined;
    for (let count = 0; after && count < DEEPER; count += 1) {
      const more = await this.#ask({ wait: 0, after });
      behind.push(...(more.messages ?? []));
      after = isFull(more) ? lastOf(more) : undefined;
    }
    this.#place = after;
    return { ...found, behind, isFull: isFull(found) };
  }
}
