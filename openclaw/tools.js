// The mesh_* tools, asked of one `agentmesh mcp` child: they are defined once, in Python, and a
// call costs no start of an interpreter.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { shared } from "./shared.js";

const VERSION = "2025-11-25";
const START_MS = 15_000;
// Longer than the longest wait that a tool takes.
const CALL_MS = 660_000;
const MORE_MS = 30_000;

export const failure = (code, message, hint) => ({ ok: false, error: { code, message, hint } });

const NOT_INSTALLED = (command) =>
  failure(
    "not_installed",
    `The program ${JSON.stringify(command)} cannot be started.`,
    "Install AgentMesh (docs/hosts.md), or set plugins.entries.agentmesh.config.command to where it is.",
  );

/** Calls tools; the child is started by the first call, and again by the next one if it ended. */
export class Tools {
  #settings;

  /** `settings()` returns `{command, environment}` as they are now. */
  constructor(settings) {
    this.#settings = settings;
  }

  /** Return the tool's JSON object. It never throws: a host hides what a tool throws.
   * `context` is the token of the session that calls, where it has one. */
  async call(name, given, { signal, context } = {}) {
    const _meta = context ? { "agentmesh/context": context } : {};
    const params = { name, arguments: given ?? {}, _meta };
    const result = await this.#ask("tools/call", params, signal);
    return result.structuredContent ?? result;
  }

  /** Return messages that may wake the agent, each with the token of its peer's own session.
   * `asked` says for how many seconds to `wait` for the first one, and `after` which. */
  deliver(asked, signal) {
    return this.#ask("agentmesh/deliver", asked, signal, asked.wait * 1000 + MORE_MS);
  }

  async #ask(method, params, signal, milliseconds = CALL_MS) {
    const { command, environment } = this.#settings();
    try {
      const child = await this.#started(command, environment);
      return await child.ask(method, params, milliseconds, signal);
    } catch (error) {
      if (error?.code === "ENOENT" || error?.code === "EACCES") return NOT_INSTALLED(command);
      return failure("tool_failed", String(error?.message ?? error), "See `agentmesh doctor`.");
    }
  }

  /** End the child. */
  stop() {
    shared.child?.then((child) => child.end()).catch(() => {});
    shared.child = undefined;
  }

  #started(command, environment) {
    if (shared.child) return shared.child;
    const child = start(command, environment, () => {
      if (shared.child === child) shared.child = undefined;
    });
    return (shared.child = child);
  }
}

async function start(command, environment, onEnd) {
  const child = new Child(command, environment, onEnd);
  const clientInfo = { name: "openclaw", version: "1" };
  const hello = { protocolVersion: VERSION, capabilities: {}, clientInfo };
  try {
    await child.ask("initialize", hello, START_MS);
  } catch (error) {
    child.end();
    throw error;
  }
  child.say({ method: "notifications/initialized" });
  return child;
}

class Child {
  #process;
  #open = new Map();
  #last = 0;

  constructor(command, environment, onEnd) {
    this.#process = spawn(command, ["mcp"], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
    const over = (error) => {
      onEnd();
      for (const { reject } of this.#open.values()) reject(error);
      this.#open.clear();
    };
    this.#process.on("error", over);
    this.#process.on("exit", () => over(new Error("The tools' process has ended; try again.")));
    this.#process.stdin.on("error", () => {}); // `exit` tells
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#hear(line));
  }

  say(message) {
    this.#process.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  ask(method, params, milliseconds, signal) {
    const id = ++this.#last;
    if (signal?.aborted) return Promise.reject(new Error("The call was cancelled."));
    return new Promise((resolve, reject) => {
      const settle = (how) => (value) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
        this.#open.delete(id);
        how(value);
      };
      const cancel = () => {
        this.say({ method: "notifications/cancelled", params: { requestId: id } });
        settle(reject)(new Error("The call was cancelled."));
      };
      const timer = setTimeout(cancel, milliseconds);
      signal?.addEventListener("abort", cancel, { once: true });
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.say({ id, method, params });
    });
  }

  end() {
    this.#process.stdin.end();
    this.#process.kill();
  }

  #hear(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return; // not ours: whoever waits is told when its time is over
    }
    const waiting = this.#open.get(message?.id);
    if (!waiting) return;
    if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result);
  }
}
