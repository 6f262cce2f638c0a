// A page's life: it shows what is live, loads what is not, hears what changes, and leaves nothing behind.
import { call, Failure } from "./api.js";
import { beforeNextPicture, draw, h } from "./elements.js";
import { button, empty, problem } from "./parts.js";

const AGAIN_MS = 30_000;

/** What a page has while it is open. `parts` are those of the address behind the page's own. */
export class Visit {
	#left = new AbortController();
	#view = () => null;

	constructor(place, live, parts) {
		this.place = place;
		this.live = live;
		this.parts = parts;
	}

	/** Ends when the page is left. */
	get signal() {
		return this.#left.signal;
	}

	/** Draw what `view` returns: now, after every `redraw`, and now and then, since times are told by their distance. */
	show(view) {
		this.#view = view;
		this.redraw();
		const timer = setInterval(() => this.redraw(), AGAIN_MS);
		this.signal.addEventListener("abort", () => clearInterval(timer));
	}

	/** Draw again, soon and once. */
	redraw = beforeNextPicture(() => {
		if (this.signal.aborted) return;
		const wasHere = this.place.contains(document.activeElement);
		draw(this.place, this.#view());
		if (wasHere && document.activeElement === document.body) this.#findFocus();
	});

	/** What had the focus is gone: the next card that waits has it now, or the page. */
	#findFocus() {
		(this.place.querySelector(".waits-here") ?? this.place).focus({ preventScroll: true });
	}

	/** A part of the live stream, drawn again with every change of it. */
	part(name) {
		this.hear((names) => (names.has(name) || names.has("all")) && this.redraw());
		return new Part(this.live, name);
	}

	/** Something that a call answers; called again when an event comes whose kind begins so. */
	load(work, ...kinds) {
		const loaded = new Loaded(this, work);
		this.hear((names) => {
			if (names.has("all") || kinds.some((kind) => [...names].some((it) => it.startsWith(kind)))) loaded.again();
		});
		loaded.again();
		return loaded;
	}

	/** What one call answers. */
	ask(method, params, ...kinds) {
		return this.load(() => call(method, params), ...kinds);
	}

	/** Be told what is new while the page is open. */
	hear(told) {
		this.signal.addEventListener("abort", this.live.listen(told));
	}

	leave() {
		this.#left.abort();
	}
}

const loading = () => h("p.loading", { "aria-busy": "true" }, "Loading …");
const isEmpty = (value) => Object.values(value).find(Array.isArray)?.length === 0;

/** Describe a value, or what `none` says where `isNone`: where the first list in it is empty. */
const made = (value, view, { none, isNone = isEmpty }) => (none && isNone(value) ? empty(...none) : view(value));

class Part {
	constructor(live, name) {
		this.live = live;
		this.name = name;
	}

	get value() {
		return this.live.parts[this.name] ?? null;
	}

	/** Describe it: loading, nothing there, or what `view` makes of it. */
	shown(view, more = {}) {
		return this.value === null ? loading() : made(this.value, view, more);
	}
}

/** What was there stays on the screen while the new one comes. */
class Loaded {
	value = null;
	failure = null;
	#isAtWork = false;
	#isWanted = false;

	constructor(visit, work) {
		this.visit = visit;
		this.work = work;
	}

	/** Load it again; asked several times meanwhile, once more. */
	async again() {
		this.#isWanted = true;
		if (this.#isAtWork) return;
		this.#isAtWork = true;
		while (this.#isWanted && !this.visit.signal.aborted) {
			this.#isWanted = false;
			try {
				this.value = await this.work();
				this.failure = null;
			} catch (error) {
				this.failure = Failure.of(error);
			}
		}
		this.#isAtWork = false;
		this.visit.redraw();
	}

	/** Describe it: loading, what went wrong and the `line` that does the same, nothing there, or the `view`. */
	shown(view, { line = "", ...more } = {}) {
		const wrong = this.failure ? problem(this.failure, () => this.again(), line) : null;
		return this.value === null ? (wrong ?? loading()) : [wrong, made(this.value, view, more)];
	}
}

/** A list that goes on: so many pages as were asked for, all brought anew when something changes. */
export class Pages {
	#pages = 1;
	#atEnd = new IntersectionObserver((seen) => seen.some((it) => it.isIntersecting) && this.#more());

	/** `load(place)` brings a page, `name` is the list in it, `next` the place behind it. */
	constructor(visit, name, load, ...kinds) {
		this.list = visit.load(() => this.#bring(name, load), ...kinds);
		visit.signal.addEventListener("abort", () => this.#atEnd.disconnect());
	}

	/** Describe it as `load` does; what follows comes as soon as the end is seen. */
	shown(view, more) {
		const end = { key: "end", made: (node) => this.#atEnd.observe(node) };
		return this.list.shown(
			(it) => [
				view(it),
				it.next
					? h(
							"p",
							end,
							button("More", () => this.#more()),
						)
					: null,
			],
			more,
		);
	}

	again() {
		return this.list.again();
	}

	#more() {
		this.#pages += 1;
		return this.again();
	}

	async #bring(name, load) {
		let page = await load("");
		const all = [...page[name]];
		for (let left = this.#pages; left > 1 && page.next; left--) {
			page = await load(page.next);
			all.push(...page[name]);
		}
		return { ...page, [name]: all };
	}
}
