// How often a peer's messages may be news to the owner's own session.
const EVERY_MS = 30_000;
const MAX_PEERS = 1_000;

/** Return in how many milliseconds to tell of this peer's again; nothing if that is to come already.
 * `toldAt` is by peer when it was told of last, or will be. */
export const waitFor = (toldAt, peer, now) => {
  const last = toldAt.get(peer) ?? -EVERY_MS;
  if (last > now) return undefined;
  const wait = Math.max(0, last + EVERY_MS - now);
  toldAt.delete(peer); // whom was told of last stands last
  toldAt.set(peer, now + wait);
  if (toldAt.size > MAX_PEERS) toldAt.delete(toldAt.keys().next().value);
  return wait;
};
