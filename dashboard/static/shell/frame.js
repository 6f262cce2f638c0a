// What stands around every page: who we are, how we are, the way to all pages, and the stop.
import { mayDecide } from "../shared/api.js";
import { beforeNextPicture, draw, h } from "../shared/elements.js";
import { exactly } from "../shared/format.js";
import { announce } from "../shared/notes.js";
import { badge, button } from "../shared/parts.js";
import { words } from "../shared/words.js";
import { PAGES } from "./pages.js";
import { Switches } from "./switches.js";

const SHOWN = ["all", "stream", "status", "breakers"];

/** The frame; it is drawn again with every change of the state. */
export class Frame {
	#page = PAGES[0];
	#isMenuOpen = false;
	#before = null;

	constructor(live) {
		this.live = live;
		this.switches = new Switches(live);
		live.listen((names) => {
			if (SHOWN.some((name) => names.has(name))) this.#draw();
			this.#tell();
		});
	}

	/** Show that this page is open now. */
	opened(page) {
		this.#page = page;
		this.#isMenuOpen = false;
		this.#draw();
	}

	get #status() {
		return this.live.parts.status ?? null;
	}

	#tell() {
		const [before, now] = [this.#before, this.#status];
		this.#before = now;
		if (!before || !now) return;
		if (now.knocks.pending > before.knocks.pending) announce("A KNOCK waits for you.");
		if (now.approvals.pending > before.approvals.pending) announce("A message waits for your approval.");
		if (now.stopped && !before.stopped) announce("Everything is stopped.");
	}

	#draw = beforeNextPicture(() => {
		if (document.body.classList.contains("locked")) return;
		draw(document.getElementById("top"), this.#bar(), this.switches.banner(), this.#stale());
		draw(document.getElementById("nav"), this.#links());
		document.body.classList.toggle("menu", this.#isMenuOpen);
	});

	#bar() {
		const toggle = () => {
			this.#isMenuOpen = !this.#isMenuOpen;
			this.#draw();
		};
		return h(
			"div.bar",
			button("Menu", toggle, { tone: "quiet menu", "aria-expanded": String(this.#isMenuOpen) }),
			h("p.who", h("strong", "AgentMesh"), this.#status?.name ? h("span.agent", words(this.#status.name)) : null),
			h("p.state", this.#state()),
			mayDecide() ? this.switches.buttons() : badge("idle", "Viewing only"),
		);
	}

	#state() {
		const now = this.#status;
		if (!now) return badge("busy", "Asking the daemon …");
		if (now.stopped) return badge("bad", "Stopped");
		if (now.paused) return badge("warn", "Paused");
		if (now.relay.state !== "connected") return badge("warn", `Relay ${now.relay.state}`);
		return badge("good", "Connected");
	}

	#stale() {
		const since = this.live.staleSince;
		if (since === null) return null;
		return h(
			"p.banner.warn",
			{ role: "status", key: "stale" },
			badge("warn", "Stale"),
			` Nothing was heard since ${exactly(since)}; trying again.`,
		);
	}

	#links() {
		return h(
			"ul",
			PAGES.map((page) => {
				const waiting = page.waits ? (this.#status?.[page.waits].pending ?? 0) : 0;
				return h(
					"li",
					{ key: page.path },
					h(
						"a",
						{ href: `#/${page.path}`, "aria-current": page === this.#page ? "page" : null },
						page.title,
						waiting ? h("span.waiting", String(waiting), h("span.unseen", " waiting")) : null,
					),
				);
			}),
		);
	}
}
