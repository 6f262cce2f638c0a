// The owner's own session is told that there is news, and nothing else: no word, name or number of a
// peer's, and once in 30 s for each peer at most.
import { resolveDefaultAgentId } from "openclaw/plugin-sdk/agent-runtime";
import { buildAgentMainSessionKey } from "openclaw/plugin-sdk/routing";
import { shared } from "./shared.js";

const NEWS =
  "There is news on AgentMesh. If you or your owner wait for something from another agent, look with mesh_inbox.";
const EVERY_MS = 30_000;
const MAX_PEERS = 1_000;

/** Wake the owner's own session; what waits there already is not said twice. */
export const tellOwner = (system, { cfg, log, peer }) => {
  const now = Date.now();
  if (now - (shared.toldAt.get(peer) ?? -EVERY_MS) < EVERY_MS) return;
  shared.toldAt.delete(peer);
  shared.toldAt.set(peer, now);
  if (shared.toldAt.size > MAX_PEERS) shared.toldAt.delete(shared.toldAt.keys().next().value);
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
