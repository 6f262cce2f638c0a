// Files: what comes and goes, how far it is, and what is offered.
import {
	act,
	badge,
	bytes,
	command,
	doer,
	facts,
	h,
	lasting,
	mayDecide,
	peer,
	plain,
	when,
	words,
} from "../shared/kit.js";

const TONES = {
	asking: "key",
	offered: "busy",
	preparing: "busy",
	moving: "busy",
	done: "good",
	cancelled: "idle",
	refused: "bad",
	failed: "bad",
};
const SAID = { asking: "waits for you", offered: "waits for the peer" };
const UNDER_WAY = new Set(["asking", "offered", "preparing", "moving"]);

export function open(visit) {
	const files = visit.part("files");
	visit.show(() => [
		h("h1", "Files"),
		files.shown((it) => h("div.cards", it.files.map(one)), {
			none: [
				"No file came or went",
				"A file that a peer offers waits here until you take it. It lands in a quarantine folder, and your agent never sees its contents by itself.",
				"agentmesh send PEER --file PATH",
			],
		}),
	]);
}

const one = (it) =>
	h(
		"article.card",
		{ key: it.transfer_id, "aria-label": `File ${it.direction === "in" ? "from" : "to"} ${it.peer}` },
		h("header", h("h2", words(it.name)), badge(TONES[it.state], SAID[it.state] ?? it.state)),
		progress(it),
		facts(
			[it.direction === "in" ? "From" : "To", peer(it.peer, it.peer_name)],
			["Size", bytes(it.size), h("span.quiet", ", says to be ", words(it.media_type))],
			it.reason && ["Reason", plain(it.reason)],
			it.path && [it.direction === "in" ? "Lies in quarantine at" : "Sent from", h("code", words(it.path))],
			["Changed", when(it.changed_at)],
		),
		mayDecide() && answers(it),
	);

function progress(it) {
	if (it.state !== "moving") return null;
	const share = it.size ? Math.floor((it.done / it.size) * 100) : 0;
	const rate = it.rate ? `, ${bytes(it.rate)} a second` : "";
	const left = it.eta_seconds === null ? "" : `, ${lasting(Math.max(1, it.eta_seconds))} left`;
	const said = `${share} %: ${bytes(it.done)} of ${bytes(it.size)}${rate}${left}`;
	return h(
		"div",
		h("progress", { value: it.done, max: Math.max(1, it.size), "aria-label": "How far it is" }),
		h("p.quiet", said),
	);
}

function answers(it) {
	const ask = (verb, done) => () => act(`files.${verb}`, { id: it.transfer_id }, done);
	if (it.state === "asking") {
		return h(
			"p.row",
			{ key: "asking" },
			doer("Take it", ask("accept", "Taken: it comes into the quarantine folder."), { tone: "main" }),
			doer("Refuse", ask("refuse", "Refused; the sender is told.")),
		);
	}
	if (!UNDER_WAY.has(it.state)) return null;
	return h(
		"p.row",
		{ key: "moving" },
		doer("Cancel", ask("cancel", "Cancelled."), { tone: "danger quiet" }),
		command(`agentmesh files show ${it.transfer_id}`),
	);
}
