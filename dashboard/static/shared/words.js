// Words of others: shown as they are, with everything visible that could deceive the eye.
import { h } from "./elements.js";

// Control, format (bidi, zero-width, tags), private, unassigned, lone halves; blanks that are no space;
// and letters that are drawn as nothing.
const ODD =
	/[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u17b4\u17b5\u3164\uffa0\u034f\ufe00-\ufe0e]|(?<=\p{M}{3})\p{M}+/gu;
const NAMES = new Map([
	[0x09, "TAB"],
	[0x0a, "LF"],
	[0x0d, "CR"],
	[0x1b, "ESC"],
	[0x00, "NUL"],
	[0xa0, "NBSP"],
	[0x200b, "ZWSP"],
	[0x200d, "ZWJ"],
	[0x202e, "RLO"],
	[0x202d, "LRO"],
	[0x2066, "LRI"],
	[0x2067, "RLI"],
	[0xfeff, "BOM"],
]);
const EMOJI = /\p{Extended_Pictographic}/u;

/** Describe a peer's words in one line, apart from the text around them. */
export const words = (text, more = {}) => h("bdi.theirs", more, pieces(String(text ?? ""), false));

/** Describe a peer's words with their line breaks. */
export const paragraphs = (text, more = {}) => h("bdi.theirs.many", more, pieces(String(text ?? ""), true));

function pieces(text, keepsLines) {
	const found = [];
	let end = 0;
	for (const match of text.matchAll(ODD)) {
		const odd = match[0];
		if (keepsLines && (odd === "\n" || odd === "\t")) continue;
		if (odd === "\u200d" && joinsEmoji(text, match.index)) continue;
		found.push(text.slice(end, match.index), mark(odd));
		end = match.index + odd.length;
	}
	return [...found, text.slice(end)];
}

const joinsEmoji = (text, at) =>
	EMOJI.test(text.slice(Math.max(0, at - 3), at)) && EMOJI.test(text.slice(at + 1, at + 3));

const mark = (odd) => h("span.odd", { title: "A character that is not seen otherwise" }, `[${nameOf(odd)}]`);

function nameOf(odd) {
	const code = odd.codePointAt(0);
	if (/\p{M}/u.test(odd) && odd.length > 0 && code > 0x2ff && !/[\u034f\ufe00-\ufe0e]/.test(odd)) {
		return `+${[...odd].length} marks`;
	}
	return NAMES.get(code) ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
