// How a session looks in a list.
import { badge } from "../shared/parts.js";
import { plain } from "../shared/format.js";

const TONES = { open: "good", knocked: "key", knocking: "busy", resolving: "busy", closing: "idle", closed: "idle" };

/** Describe the state of a session. */
export const sessionState = (it) => (it.degraded ? badge("warn", "weak suite") : badge(TONES[it.state] ?? "busy", plain(it.state)));
