// The pieces that all pages are made of.
import { h } from "./elements.js";
import { short } from "./format.js";
import { announce } from "./notes.js";
import { words } from "./words.js";

const SHAPES = {
	good: () => [h("circle", { cx: 6, cy: 6, r: 5 })],
	busy: () => [h("circle", { cx: 6, cy: 6, r: 4, class: "ring" })],
	warn: () => [h("path", { d: "M6 .8 11.5 11H.5z" })],
	bad: () => [h("path", { d: "M3.6.5h4.8l3.1 3.1v4.8l-3.1 3.1H3.6L.5 8.4V3.6z" })],
	idle: () => [h("path", { d: "M1 5h10v2H1z" })],
	key: () => [h("path", { d: "M6 .5 11.5 6 6 11.5.5 6z" })],
};

/** Describe a state by word and shape; colour only repeats it. */
export const badge = (tone, word) =>
	h("span.badge", { class: tone }, h("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, SHAPES[tone]()), word);

/** Describe a button; `tone` is `main`, `danger` or `quiet`. */
export const button = (label, click, { tone = "", ...more } = {}) =>
	h("button", { type: "button", ...more, class: [tone, more.class].filter(Boolean).join(" "), on: { click } }, label);

/** Describe the button that sends its form. */
export const sender = (label, more = {}) => button(label, null, { type: "submit", tone: "main", ...more });

/** Describe a button that does something at the daemon: it cannot be pressed twice at once. */
export function doer(label, work, more = {}) {
	const click = async ({ currentTarget }) => {
		if (currentTarget.getAttribute("aria-busy") === "true") return;
		currentTarget.setAttribute("aria-busy", "true");
		try {
			await work();
		} finally {
			currentTarget.removeAttribute("aria-busy");
		}
	};
	return button(label, click, more);
}

/** Describe a button that puts a text on the clipboard. */
export function copier(text, what) {
	const click = async () => {
		try {
			await navigator.clipboard.writeText(text);
			announce(`Copied ${what}.`);
		} catch {
			announce(`The browser does not allow copying; select ${what} by hand.`);
		}
	};
	return button("Copy", click, { tone: "quiet small", "aria-label": `Copy ${what}` });
}

/** Describe a command that does the same in a terminal. */
export const command = (line) => h("span.command", h("code", line), copier(line, "the command"));

/** Describe a block with a heading of its own. */
export function card(title, ...rest) {
	const given = rest[0]?.constructor === Object ? rest.shift() : {};
	const { aside = null, ...more } = given;
	return h("section.card", more, h("header", h("h2", title), aside), rest);
}

/** Describe names and their values. */
export const facts = (...rows) =>
	h(
		"dl.facts",
		rows.filter(Boolean).map(([name, ...values]) => h("div", h("dt", name), h("dd", values))),
	);

/** Describe an id in short, with its whole and a way to copy it. */
export const id = (whole, what = "the AMID") =>
	h("span.id", h("code", { title: whole }, short(whole)), copier(whole, what));

/** Describe a peer: the name in quotes where it is the peer's own word, and the key that decides. */
export const peer = (amid, name) =>
	h("span.peer", name ? words(name) : h("span.quiet", "no name"), " ", h("code", { title: amid }, short(amid)));

/** Describe what there is to say where nothing is. */
export const empty = (title, text, line) =>
	h("div.empty", h("p", h("strong", title)), h("p", text), line && h("p", command(line)));

/** Describe what went wrong, how to try again, and the same in a terminal. */
export const problem = (failure, again, line) =>
	h(
		"div.problem",
		{ role: "alert" },
		h("p", badge("bad", "That did not work"), " ", h("span", failure.message)),
		failure.hint && h("p.quiet", failure.hint),
		h("p.row", again && button("Try again", again), line && command(line)),
	);

/** Describe a line to type in. */
export const input = (name, more = {}) =>
	h("input", { name, maxlength: 200, autocomplete: "off", spellcheck: "false", ...more });

/** Describe a box to tick; `change` gets whether it is. */
export const box = (label, checked, change, more = {}) =>
	h(
		"label.field.line",
		{ key: label },
		h("input", { ...more, type: "checkbox", checked, on: { change: ({ target }) => change(target.checked) } }),
		label,
	);

/** Describe a form; `send` gets its fields by their names, and the form. */
export function form(kind, send, ...content) {
	const submit = (event) => {
		event.preventDefault();
		return send(event.target.elements, event.target);
	};
	return h(`form${kind}`, { on: { submit } }, content);
}

/** Describe what is one under the other. */
export const lines = (items, view) => h("ul.lines", items.map(view));

/** Describe what is there on a closer look; `toggle` is called when that begins or ends. */
export const details = (title, content, toggle) => h("details", { on: { toggle } }, h("summary", title), content);

/** Describe a field with its label; `help` stands under it. */
export const field = (label, control, help) =>
	h("label.field", h("span", label), control, help && h("small.quiet", help));

/** Describe a choice among values: `[["ask", "Ask me"], ...]`. */
export const choice = (value, options, change, more = {}) =>
	h(
		"select",
		{ ...more, value, on: { change: ({ target }) => change(target.value) } },
		options.map(([key, label]) => h("option", { value: key, key }, label)),
	);
