// How a contact stands with us, in a few words.
import { badge, h } from "../shared/kit.js";

export const TRUST = ["0 unknown", "1 verified key", "2 trusted", "3 allied"];

/** Describe what holds a contact, or that nothing does. */
export function states(it) {
	const found = [
		it.key_changed && badge("bad", "key changed"),
		it.blocked && badge("bad", "blocked"),
		it.paused && badge("warn", "paused"),
		it.degraded_allowed.length ? badge("warn", "weak suite allowed") : null,
		it.invited && badge("key", "by invite"),
	].filter(Boolean);
	return found.length ? h("span.row", found) : badge("good", "in order");
}
