// How a session looks in a list.
import { badge, plain } from "../shared/kit.js";

const TONES = { open: "good", knocked: "key", knocking: "busy", resolving: "busy", closing: "idle", closed: "idle" };

/** Describe the state of a session. */
export const sessionState = (it) =>
	it.degraded ? badge("warn", "weak suite") : badge(TONES[it.state] ?? "busy", plain(it.state));
