// Short notes at the edge of the screen, and what a screen reader is told: little, and not all at once.
import { draw, h } from "./elements.js";

const SHOWN_MS = 6_000;
const APART_MS = 4_000;
const MOST = 3;

const shown = [];
let number = 0;
let lastAnnounced = 0;
let waiting = null;

/** Show a note for a moment; it is read out as well. */
export function note(text, tone = "good") {
	const mine = { text, tone, number: ++number };
	shown.push(mine);
	shown.splice(0, Math.max(0, shown.length - MOST));
	redraw();
	announce(text);
	setTimeout(() => {
		const index = shown.indexOf(mine);
		if (index >= 0) shown.splice(index, 1);
		redraw();
	}, SHOWN_MS);
}

/** Have a text read out. Of several within a moment the last one counts. */
export function announce(text) {
	const wait = Math.max(0, lastAnnounced + APART_MS - Date.now());
	clearTimeout(waiting);
	waiting = setTimeout(() => {
		lastAnnounced = Date.now();
		document.getElementById("announced").textContent = text;
	}, wait);
}

function redraw() {
	draw(
		document.getElementById("notes"),
		shown.map((it) => h("p.note", { class: it.tone, key: it.number }, it.text)),
	);
}
