// A list of any length: blocks of entries, of which only those near the window are there.
import { attempt } from "./dialog.js";
import { h } from "./elements.js";

const SIZE = 100;
const GUESSED_PX = 70;
const AHEAD = "1200px";
const KEPT = 8;

/** Loads and shows `total` entries, numbered from 1. `load(first, limit)` brings some, `entry` describes one. */
export class Blocks {
	#loaded = new Map();
	#seen = new Set();
	#tall = new Map();
	#wanted = null;
	#observer;

	constructor(visit, { total, load, entry }) {
		Object.assign(this, { visit, total, load, entry });
		this.#observer = new IntersectionObserver((changes) => this.#moved(changes), { rootMargin: AHEAD });
		visit.signal.addEventListener("abort", () => this.#observer.disconnect());
	}

	/** Describe all blocks; those far away are as tall as they were, and empty. */
	shown() {
		const count = Math.ceil(this.total / SIZE);
		return h(
			"div.blocks",
			Array.from({ length: count }, (_, at) => this.#block(at)),
		);
	}

	/** Say how many there are now; what was added is loaded when it is looked at. */
	grow(total) {
		if (total === this.total) return;
		const last = Math.floor(this.total / SIZE);
		this.total = total;
		this.#loaded.delete(last);
		if (this.#seen.has(last)) this.#fetch(last);
	}

	/** Bring one entry into view. */
	async to(number) {
		const at = Math.floor((number - 1) / SIZE);
		this.#wanted = number;
		this.#seen.add(at);
		await this.#fetch(at);
		this.#look();
	}

	#block(at) {
		const entries = this.#seen.has(at) ? this.#loaded.get(at) : null;
		const size = Math.min(SIZE, this.total - at * SIZE);
		const tall = this.#tall.get(at) ?? size * GUESSED_PX;
		const made = (node) => this.#observer.observe(node);
		return h(
			"div.block",
			{ key: at, "data-at": at, made, vars: { "--tall": `${tall}px` } },
			entries?.map((it) => this.entry(it)),
		);
	}

	#moved(changes) {
		for (const { target, isIntersecting, boundingClientRect } of changes) {
			const at = Number(target.dataset.at);
			if (isIntersecting) {
				this.#seen.add(at);
				this.#fetch(at);
			} else if (this.#seen.delete(at) && this.#loaded.has(at)) this.#tall.set(at, boundingClientRect.height);
		}
		for (const at of this.#loaded.keys()) if (this.#loaded.size > KEPT && !this.#seen.has(at)) this.#loaded.delete(at);
		this.visit.redraw();
	}

	async #fetch(at) {
		if (this.#loaded.has(at)) return;
		this.#loaded.set(at, []);
		const entries = await attempt(() => this.load(at * SIZE + 1, SIZE));
		if (entries) this.#loaded.set(at, entries);
		else this.#loaded.delete(at);
		this.visit.redraw();
		requestAnimationFrame(() => requestAnimationFrame(() => this.#look()));
	}

	#look() {
		const node = this.#wanted === null ? null : document.getElementById(`entry-${this.#wanted}`);
		if (!node) return;
		this.#wanted = null;
		node.scrollIntoView({ block: "center" });
		node.focus({ preventScroll: true });
	}
}
