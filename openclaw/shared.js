// A host loads a plugin several times in one process, once for each use that it makes of it. What
// one of them learns the others have to know.
export const shared = (globalThis[Symbol.for("agentmesh")] ??= {
  child: undefined, // the tools' process
  rooms: new Map(), // session key -> { peer, context }
  owners: "", // the token of the owner's own sessions
  sayings: new Map(), // what marks a call of the host's own `message` tool -> context
  toldAt: new Map(), // peer -> when the owner's own session was last told of news
  alsoAllow: [], // what else than our tools the owner allows in peers' own sessions
});
