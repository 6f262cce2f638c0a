// The daemon: one that runs is used; one that does not is started, and only that one is stopped.
import { execFile } from "node:child_process";

const COMMAND_MS = 60_000;
const NOT_RUNNING = 3; // the exit code, see `agentmesh --help`

/** Return what `agentmesh ... --json` answers; `code` is its exit code. */
export function run(settings, ...given) {
  const { command, environment } = settings();
  return new Promise((resolve, reject) => {
    const options = { env: environment, timeout: COMMAND_MS };
    execFile(command, [...given, "--json"], options, (error, stdout) => {
      if (error && typeof error.code !== "number") return reject(error); // not started, or killed
      try {
        resolve({ code: error?.code ?? 0, ...JSON.parse(stdout) });
      } catch {
        reject(new Error(`agentmesh ${given[0]} answered no JSON.`));
      }
    });
  });
}

/** The gateway's service: it is told to start and to stop. */
export class Daemon {
  #settings;
  #isOurs = false;

  constructor(settings) {
    this.#settings = settings;
  }

  /** Use the daemon, or start one. Return a line for the log. */
  async start() {
    const status = await run(this.#settings, "status");
    if (status.ok) return `uses the daemon of ${status.amid}`;
    if (status.code !== NOT_RUNNING) throw new Error(told(status));
    const up = await run(this.#settings, "up", "--no-open");
    if (!up.ok) throw new Error(told(up));
    this.#isOurs = !up.already_running;
    return `started the daemon of ${up.amid}`;
  }

  /** Stop the daemon if it was started here; its sessions and messages stay. */
  async stop() {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    await run(this.#settings, "down");
  }
}

/** Return an answer's error as one sentence and what to do. */
export const told = ({ error }) => [error?.message, error?.hint].filter(Boolean).join(" ");
