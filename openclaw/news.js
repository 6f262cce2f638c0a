// The owner's own session is told that there is news, and nothing else: no word, name or number of a
// peer's, and once in 30 s for each peer at most.
import { buildAgentMainSessionKey } from "openclaw/plugin-sdk/routing";
import { ownersAgent } from "./owner.js";
import { waitFor } from "./pace.js";
import { shared } from "./shared.js";

const NEWS =
  "There is news on AgentMesh. If you or your owner wait for something from another agent, look with mesh_inbox.";

/** Wake the owner's own session, now or as soon as it may be; what waits there is not said twice. */
export const tellOwner = (runtime, { log, peer }) => {
  const wait = waitFor(shared.toldAt, peer, performance.now());
  if (wait !== undefined) setTimeout(() => tell(runtime, log), wait).unref();
};

/** Say so in the log if the host's settings are such that nobody would be woken. */
export const warnOfDeafOwner = (cfg, log) => {
  const { why } = ownersAgent(cfg);
  if (why) log?.warn?.(`agentmesh: wakeOwner wakes nobody: ${why}`);
};

const tell = ({ config, system }, log) => {
  try {
    const cfg = config.current();
    const { agentId } = ownersAgent(cfg);
    if (!agentId) return;
    const sessionKey = buildAgentMainSessionKey({ agentId, mainKey: cfg.session?.mainKey });
    const event = { agentId, sessionKey, contextKey: "agentmesh:news", replace: true };
    system.enqueueSystemEvent(NEWS, event);
    system.requestHeartbeat({ source: "other", intent: "event", reason: "agentmesh", agentId, sessionKey });
  } catch (error) {
    log?.warn?.(`agentmesh: the owner's session was not told: ${error}`);
  }
};
