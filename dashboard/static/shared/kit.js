// All that a page is made of, from one place.
export { call, Failure, goOut, leave, mayDecide } from "./api.js";
export { Blocks } from "./blocks.js";
export { bars, qr } from "./charts.js";
export { answerRow, bindDeck, deckCard } from "./deck.js";
export { act, actIfSure, attempt, confirm, question, show } from "./dialog.js";
export { download, line } from "./download.js";
export { h } from "./elements.js";
export { bytes, count, exactly, lasting, many, plain, TIERS, when } from "./format.js";
export { bind } from "./keys.js";
export { note } from "./notes.js";
export {
	badge,
	box,
	button,
	card,
	choice,
	command,
	copier,
	doer,
	empty,
	facts,
	field,
	details,
	form,
	id,
	input,
	lines,
	peer,
	problem,
	sender,
} from "./parts.js";
export { Pages } from "./page.js";
export { inOneLine, payload, raw, start } from "./payload.js";
export { table } from "./table.js";
export { like, taste } from "./taste.js";
export { paragraphs, words } from "./words.js";
