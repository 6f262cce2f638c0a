// Numbers and times as people read them.
import { h } from "./elements.js";

const UNITS = [
	["year", 31557600],
	["month", 2629800],
	["day", 86400],
	["hour", 3600],
	["minute", 60],
	["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Return how long ago, or how far ahead, a time is. */
export function ago(time, now = Date.now()) {
	const seconds = (new Date(time).getTime() - now) / 1000;
	if (Number.isNaN(seconds)) return "at an unknown time";
	if (Math.abs(seconds) < 5) return "just now";
	const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
	return relative.format(Math.trunc(seconds / length), unit);
}

/** Describe a time: how long ago, and exactly when on a closer look. */
export const when = (time) => (time ? h("time", { datetime: time, title: exactly(time) }, ago(time)) : "never");

/** Return a time to the second, in the owner's zone. */
export function exactly(time) {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? "" : clock.format(date);
}

/** Return a number with its thousands apart. */
export const count = (number) => whole.format(number);

/** Return `1 message`, `2 messages`. */
export const many = (number, noun, plural = `${noun}s`) => `${count(number)} ${number === 1 ? noun : plural}`;

/** Return a size as people say it. */
export function bytes(size) {
	if (size < 1024) return many(size, "byte");
	const step = Math.min(4, Math.floor(Math.log2(size) / 10));
	const share = size / 1024 ** step;
	return `${share.toFixed(share < 10 ? 1 : 0)} ${["", "KiB", "MiB", "GiB", "TiB"][step]}`;
}

/** Return how long something lasts. */
export function lasting(seconds) {
	const [unit, length] = UNITS.slice(2).find(([, size]) => seconds >= size) ?? UNITS.at(-1);
	return many(Math.round(seconds / length), unit);
}

/** Return the ends of a long id, enough to tell it from others. */
export const short = (id) => (id.length > 15 ? `${id.slice(0, 6)}…${id.slice(-6)}` : id);

/** What a tier says of an agent's owner. */
export const TIERS = new Map([
	[2, "anonymous"],
	[1, "verified owner"],
	[1.5, "organisation"],
]);

/** Return a word of the protocol as people write it: `awaiting_owner` is `awaiting owner`. */
export const plain = (word) => String(word ?? "").replaceAll("_", " ");
