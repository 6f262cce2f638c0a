// Transcripts: what was said, in every session. They lie sealed on the disk; the daemon opens them for their owner.
import {
	badge,
	bind,
	button,
	bytes,
	call,
	card,
	count,
	Failure,
	field,
	form,
	h,
	input,
	Pages,
	peer,
	problem,
	table,
	when,
	words,
} from "../shared/kit.js";
import { openTranscript } from "./transcript.js";

const PAUSE_MS = 200;

export function open(visit) {
	if (visit.parts.length) return openTranscript(visit, visit.parts[0], Number(visit.parts[1]) || 0);
	const list = (place) => call("transcripts.list", { place, limit: 100 });
	const all = new Pages(visit, "transcripts", list, "session", "message");
	const search = new Search(visit);
	visit.signal.addEventListener(
		"abort",
		bind("/", "Search the transcripts", () => document.getElementById("search")?.focus()),
	);
	return visit.show(() => [
		h("h1", "Transcripts"),
		search.shown(),
		search.isAsked
			? null
			: card(
					"Sessions",
					all.shown(listed, {
						line: "agentmesh transcripts",
						none: [
							"Nothing was said yet",
							"What your agent and its peers say is kept here, sealed with a key of yours. The policy can switch that off.",
							"agentmesh policy set store_transcripts false",
						],
					}),
				),
	]);
}

const listed = ({ transcripts }) =>
	table("Transcripts", ["Peer", "Session", "Kept", "Readable", "Last word"], transcripts, (it) => [
		it.session_id,
		it.readable
			? h("a", { href: `#/transcripts/${encodeURIComponent(it.session_id)}` }, peer(it.peer, it.peer_name))
			: peer(it.peer, it.peer_name),
		h("code.quiet", it.session_id),
		[badge("good", it.sealed ? "encrypted" : "open"), ` ${bytes(it.bytes)}`],
		it.readable ? badge("good", "opens with your key") : badge("bad", "its key is not here"),
		when(it.changed_at),
	]);

/** A search over all transcripts: it begins while one types, and the last one asked for wins. */
class Search {
	#text = "";
	#found = null;
	#timer = 0;
	#round = 0;

	constructor(visit) {
		this.visit = visit;
		visit.signal.addEventListener("abort", () => clearTimeout(this.#timer));
	}

	get isAsked() {
		return Boolean(this.#text.trim());
	}

	shown() {
		const type = ({ target }) => this.#ask(target.value);
		const focus = () => call("transcripts.warm").catch(() => null);
		return h(
			"div",
			{ role: "search" },
			form(
				"",
				() => {},
				field(
					"Search all that was said",
					input("search", { id: "search", type: "search", maxlength: 1000, on: { input: type, focus } }),
					"All words have to be there; “words in quotes” as they stand.",
				),
				this.isAsked && this.#answer(),
			),
		);
	}

	#ask(text) {
		this.#text = text;
		this.#found = null;
		clearTimeout(this.#timer);
		if (this.isAsked) this.#timer = setTimeout(() => this.#look("", []), PAUSE_MS);
		this.visit.redraw();
	}

	async #look(from, before) {
		const round = ++this.#round;
		let [place, hits] = [from, before];
		do {
			const page = await call("transcripts.search", { text: this.#text.trim(), place }).catch((error) =>
				Failure.of(error),
			);
			if (round !== this.#round || this.visit.signal.aborted) return;
			if (page instanceof Failure) {
				this.#found = { failure: page };
				return this.visit.redraw();
			}
			hits = [...hits, ...page.hits];
			place = page.next;
			this.#found = { ...page, hits, isOver: !place || page.hits.length > 0 };
			this.visit.redraw();
		} while (!this.#found.isOver);
	}

	#answer() {
		const it = this.#found;
		if (!it) return h("p.loading", { role: "status" }, "Searching …");
		if (it.failure) return problem(it.failure, () => this.#look("", []), "agentmesh transcripts search WORDS");
		return [
			h(
				"p.quiet",
				{ role: "status" },
				it.isOver
					? `${count(it.hits.length)}${it.next ? " or more" : ""} found`
					: `${count(it.hits.length)} found, ${bytes(it.left)} to look through`,
			),
			h("ul.hits", it.hits.map(hit)),
			it.next && it.isOver
				? h(
						"p",
						button("More", () => this.#look(it.next, it.hits)),
					)
				: null,
			it.damaged.length ? h("p", badge("warn", "damaged"), " Not all could be read: ", it.damaged.join(", ")) : null,
		];
	}
}

const hit = (it) =>
	h(
		"li",
		{ key: `${it.session_id}/${it.number}` },
		h(
			"a",
			{ href: `#/transcripts/${encodeURIComponent(it.session_id)}/${it.number}` },
			it.kind === "sent" ? "To " : "From ",
			peer(it.peer, it.peer_name),
		),
		h("span.quiet", " ", when(it.at)),
		h("p", words(it.snippet)),
	);
