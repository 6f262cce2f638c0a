// The owner's own session is told that there is news, and nothing else: no word, name or number of a
// peer's, and once in 30 s for each peer at most.
import { resolveDefaultAgentId } from "openclaw/plugin-sdk/agent-runtime";
import { buildAgentMainSessionKey } from "openclaw/plugin-sdk/routing";
import { waitFor } from "./pace.js";
import { shared } from "./shared.js";

const NEWS =
  "There is news on AgentMesh. If you or your owner wait for something from another agent, look with mesh_inbox.";

/** Wake the owner's own session, now or as soon as it may be; what waits there is not said twice. */
export const tellOwner = (system, { cfg, log, peer }) => {
  const wait = waitFor(shared.toldAt, peer, performance.now());
  if (wait !== undefined) setTimeout(() => tell(system, cfg, log), wait).unref();
};

const tell = (system, cfg, log) => {
  try {
    const agentId = resolveDefaultAgentId(cfg);
    const sessionKey = buildAgentMainSessionKey({ agentId, mainKey: cfg.session?.mainKey });
    const event = { agentId, sessionKey, contextKey: "agentmesh:news", replace: true };
    system.enqueueSystemEvent(NEWS, event);
    system.requestHeartbeat({ source: "other", intent: "event", reason: "agentmesh", agentId, sessionKey });
  } catch (error) {
    log?.warn?.(`agentmesh: the owner's session was not told: ${error}`);
  }
};
