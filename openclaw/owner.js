// Whose session is the owner's own, and whether the host would wake it: by its own settings.
const NEVER = /^0+(\.0+)?(ms|s|m|h|d)?$/i;
const HOW = "openclaw config set agents.defaults.systemAgent.agentId AGENT";

const plain = (id) => String(id).trim().toLowerCase();

/** Return `{agentId}` of the owner's own agent, and `why` if the host would not wake it. */
export const ownersAgent = (cfg) => {
  const { entries, defaults } = cfg.agents ?? {};
  const entered = Object.keys(entries ?? {});
  const ids = entered.length ? entered : ["main"];
  const named = defaults?.heartbeat?.agentId || defaults?.systemAgent?.agentId;
  const marked = ids.filter((id) => entries?.[id]?.default === true);
  const [agentId, ...others] = named ? [named] : marked.length === 1 ? marked : ids;
  if (agentId === undefined || others.length) {
    return { why: `there are several agents, and none is named as the owner's own (${HOW})` };
  }
  return { agentId: plain(agentId), why: whyNotWoken(ids, entries, defaults, plain(agentId)) };
};

const whyNotWoken = (ids, entries, defaults, agentId) => {
  const own = ids.find((id) => plain(id) === agentId);
  const heartbeat = entries?.[own]?.heartbeat;
  if (!heartbeat && ids.some((id) => entries?.[id]?.heartbeat)) {
    return `agents.entries gives other agents a heartbeat, and ${agentId} none`;
  }
  const every = String(heartbeat?.every ?? defaults?.heartbeat?.every ?? "").trim();
  return NEVER.test(every) ? `the heartbeat of ${agentId} is switched off (every: ${every})` : undefined;
};
