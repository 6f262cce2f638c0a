// Which of the host's sessions are a peer's own, what the agent may do there, and the tokens that
// tell the daemon so. A model neither sees a token nor chooses one.
import { randomUUID } from "node:crypto";
import { shared } from "./shared.js";

const PEERS_OWN = /^agent:[^:]+:agentmesh:/;
const MAX_SAYINGS = 256;
// The host's ways to look for a tool; what is found and called is asked about again.
const LOOKING = new Set(["tool_search", "tool_describe"]);
const CALLING = "tool_call";

const isOurs = (raw) => raw === undefined || raw === null || raw === "" || raw === "agentmesh";
const refused = (blockReason) => ({ block: true, blockReason });

export class Rooms {
  #tools;

  /** `tools` are the names of ours. */
  constructor(tools) {
    this.#tools = new Set(tools);
  }

  /** A message of this peer's is about to be given to the agent in this session. */
  enter(sessionKey, peer, context) {
    shared.rooms.set(sessionKey, { peer, context });
  }

  /** Whether a session with this key is one peer's own, and cannot be the owner's as well. */
  static isApart(sessionKey) {
    return PEERS_OWN.test(sessionKey ?? "");
  }

  /** Whether a peer's words started this turn, whatever else is known of it. */
  isPeers({ sessionKey, channel }) {
    return channel === "agentmesh" || Rooms.isApart(sessionKey);
  }

  /** Return the token of who calls a tool; none, and the daemon reckons with everything read. */
  contextOf({ sessionKey, channel, senderIsOwner }) {
    if (this.isPeers({ sessionKey, channel })) return shared.rooms.get(sessionKey)?.context;
    return senderIsOwner === true ? shared.owners : undefined;
  }

  /** Return the token of who said something by the host's `message` tool. */
  contextOfSaying(mark) {
    const context = shared.sayings.get(mark);
    shared.sayings.delete(mark);
    return context;
  }

  /** Before each tool call of any session: in a peer's own there are few tools. */
  guard({ toolName, params }, { sessionKey, requester } = {}) {
    return this.#judged(toolName, params, { ...requester, sessionKey });
  }

  #judged(name, given, caller) {
    const params = given && typeof given === "object" ? given : {};
    if (name === CALLING) {
      const inner = this.#judged(String(params.id ?? ""), params.args, caller);
      return inner?.params ? { params: { ...params, args: inner.params } } : inner;
    }
    if (name === "message") return this.#message(params, caller);
    if (!this.isPeers(caller) || LOOKING.has(name)) return;
    if (this.#tools.has(name) || shared.alsoAllow.includes(name)) return;
    return refused(
      `${name} is not for sessions that other agents' messages start. ` +
        "The owner can allow it: channels.agentmesh.alsoAllow.",
    );
  }

  /** From a peer's own session a message goes to that peer; each is marked with where it is from. */
  #message(params, caller) {
    const { action, channel, target, to, message } = params;
    if (this.isPeers(caller)) {
      const peer = shared.rooms.get(caller.sessionKey)?.peer;
      const named = [target, to].filter((it) => !isOurs(it)).map((it) => String(it).replace(/^agentmesh:/i, ""));
      if (action !== "send" || !isOurs(channel) || named.some((it) => it !== peer)) {
        return refused("From here you can only send a message to the agent that wrote to you.");
      }
      return { params: { action, message, replyTo: this.#marked(caller) } };
    }
    const isOverMesh = channel === "agentmesh" || /^agentmesh:/i.test(String(target ?? to ?? ""));
    return isOverMesh ? { params: { ...params, replyTo: this.#marked(caller) } } : undefined;
  }

  #marked(caller) {
    const mark = randomUUID();
    shared.sayings.set(mark, this.contextOf(caller));
    if (shared.sayings.size > MAX_SAYINGS) shared.sayings.delete(shared.sayings.keys().next().value);
    return mark;
  }
}
