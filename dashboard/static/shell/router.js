// Which page is open: the part of the address behind `#/` says it, and no other part says anything.
import { draw } from "../shared/elements.js";
import { bind } from "../shared/keys.js";
import { Visit } from "../shared/page.js";
import { problem } from "../shared/parts.js";
import { PAGES } from "./pages.js";

const part = (text) => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

/** Opens the page that the address names, and leaves the one before. */
export class Router {
	#visit = null;
	#change = () => this.#show();

	constructor(live, opened) {
		this.live = live;
		this.opened = opened;
	}

	open() {
		for (const page of PAGES) bind(`g ${page.key}`, `Go to ${page.title}`, () => (location.hash = `#/${page.path}`));
		addEventListener("hashchange", this.#change);
		this.#show();
	}

	close() {
		removeEventListener("hashchange", this.#change);
		this.#visit?.leave();
	}

	async #show() {
		if (location.hash && !location.hash.startsWith("#/")) return;
		const [path, ...parts] = location.hash.slice(2).split("/").map(part);
		const page = PAGES.find((it) => it.path === path) ?? PAGES[0];
		const isFirst = this.#visit === null;
		this.#visit?.leave();
		const place = document.getElementById("main");
		const visit = new Visit(place, this.live, parts);
		this.#visit = visit;
		this.opened(page);
		document.title = `${page.title} · AgentMesh`;
		try {
			const { open } = await import(`../pages/${page.path}.js`);
			if (visit.signal.aborted) return;
			draw(place);
			open(visit);
		} catch (error) {
			draw(
				place,
				problem({ message: `This page could not be loaded (${error}).`, hint: "" }, () => location.reload()),
			);
		}
		scrollTo(0, 0);
		if (!isFirst) place.focus({ preventScroll: true });
	}
}
