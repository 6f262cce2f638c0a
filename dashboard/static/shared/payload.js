// What a message says: text as text, anything else as JSON that cannot be mistaken for text.
import { h } from "./elements.js";
import { words, paragraphs } from "./words.js";

/** Describe a payload in full. */
export function payload(it) {
	if (isText(it)) return h("div.said", paragraphs(it.text));
	return h("pre.said", { tabindex: 0 }, paragraphs(JSON.stringify(it, null, 2)));
}

/** Return a payload in one line. */
export const inOneLine = (it) => (isText(it) ? it.text : JSON.stringify(it));

/** Describe a payload exactly as it is kept. */
export const raw = (it) => h("pre.said", { tabindex: 0 }, paragraphs(JSON.stringify(it, null, 2)));

/** Describe a few words of a peer that may be many. */
export const start = (text, most = 160) => words(text.length > most ? `${text.slice(0, most)}…` : text);

const isText = (it) =>
	it !== null && typeof it === "object" && typeof it.text === "string" && Object.keys(it).length === 1;
