// All that a page is made of, from one place.
export { call, Failure, goOut, leave, mayDecide } from "./api.js";
export { Blocks } from "./blocks.js";
export { bars, qr } from "./charts.js";
export { answerRow, bindDeck, deckCard } from "./deck.js";
export { attempt, confirm, show } from "./dialog.js";
export { download, line } from "./download.js";
export { h } from "./elements.js";
export { bytes, count, exactly, lasting, many, plain, when } from "./format.js";
export { bind } from "./keys.js";
export { note } from "./notes.js";
export { badge, button, card, choice, command, copier, doer, empty, facts, field, id, peer, problem } from "./parts.js";
export { inOneLine, payload, raw, start } from "./payload.js";
export { table } from "./table.js";
export { like, taste } from "./taste.js";
export { paragraphs, words } from "./words.js";
