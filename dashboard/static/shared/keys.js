// The keyboard: a letter does something where no text is typed. Settings can switch the letters off.
import { closer, show } from "./dialog.js";
import { h } from "./elements.js";
import { taste } from "./taste.js";

const AFTER_G_MS = 1_500;
const known = new Map();
let wasG = 0;

/** Have `work` done when the keys are pressed; return how to end that. `keys`: one, or `g` and one. */
export function bind(keys, label, work) {
	const mine = { label, work };
	known.set(keys, mine);
	return () => known.get(keys) === mine && known.delete(keys);
}

/** Listen to the keyboard from now on. */
export function listen() {
	bind("?", "Show the keys", help);
	addEventListener("keydown", (event) => {
		if (!taste("keys") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
		if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
		const isAfterG = Date.now() - wasG < AFTER_G_MS;
		wasG = event.key === "g" && !isAfterG ? Date.now() : 0;
		const found = known.get(isAfterG ? `g ${event.key}` : event.key);
		if (!found) return;
		event.preventDefault();
		found.work();
	});
}

/** Move the focus to the next or the one before, among those that fit. */
export function step(selector, by) {
	const all = [...document.querySelectorAll(selector)];
	if (!all.length) return;
	const now = all.findIndex((it) => it.contains(document.activeElement));
	const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by));
	all[next].focus();
}

const isTyping = (at) =>
	at.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

function help() {
	const rows = [...known].map(([keys, { label }]) =>
		h(
			"tr",
			h(
				"td",
				keys.split(" ").map((key) => h("kbd", key)),
			),
			h("td", label),
		),
	);
	show("Keys", (close) => [
		h("p.quiet", "Tab and Enter reach everything; these are shorter. Settings can switch them off."),
		h("table.keys", h("tbody", rows)),
		closer(close, "main"),
	]);
}
