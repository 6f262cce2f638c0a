// Cards that wait for an answer: j and k go from one to the next, a letter answers the one that has the focus.
import { h } from "./elements.js";
import { bind, step } from "./keys.js";
import { doer } from "./parts.js";

/** Bind the keys while the page is open. `items()`: what waits; an answer is `[key, label, work, tone]`. */
export function bindDeck(visit, items, answers) {
	const chosen = () => items().find((it) => it.id === document.activeElement?.closest(".waits-here")?.dataset.id);
	const ends = [
		bind("j", "The next card", () => step(".waits-here", 1)),
		bind("k", "The card before", () => step(".waits-here", -1)),
		...answers.map(([key, label, work]) =>
			bind(key, `${label} (the card with the focus)`, () => chosen() && work(chosen())),
		),
	];
	visit.signal.addEventListener("abort", () => ends.forEach((end) => end()));
}

/** Describe one card. */
export const deckCard = (it, label, ...content) =>
	h("article.card.waits-here", { key: it.id, tabindex: 0, "data-id": it.id, "aria-label": label }, content);

/** Describe the answers to one card. */
export const answerRow = (it, answers) =>
	h(
		"p.row",
		answers.map(([key, label, work, tone]) =>
			doer([label, h("kbd", { "aria-hidden": "true" }, key)], () => work(it), { tone, key }),
		),
	);
