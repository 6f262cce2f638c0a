// Sessions: the living ones, with an end to each; and those that were.
import {
	attempt,
	badge,
	call,
	card,
	command,
	doer,
	h,
	mayDecide,
	peer,
	plain,
	table,
	when,
	words,
} from "../shared/kit.js";
import { sessionState } from "./session_row.js";

export function open(visit) {
	const status = visit.part("status");
	const past = new Past(visit);
	visit.show(() => [
		h("h1", "Sessions"),
		card(
			"Live",
			status.shown(({ sessions }) => live(sessions), {
				isNone: (it) => !it.sessions.length,
				none: [
					"No session is open",
					"A session begins when a KNOCK is accepted. Your agent starts one by sending a message.",
					"agentmesh send PEER TEXT",
				],
			}),
		),
		card("History", past.shown()),
	]);
}

const live = (sessions) =>
	table(
		"Live sessions",
		["Peer", "About", "State", "Messages", "Began", "Ends without a word", ""],
		sessions.map((it) => ({
			key: it.session_id,
			cells: [
				peer(it.peer, it.peer_name),
				[words(it.intent), h("p.quiet", plain(it.type))],
				[
					sessionState(it),
					it.suite ? h("p.quiet", it.suite) : null,
					it.warnings.map((text) => h("p", badge("warn", text))),
				],
				it.state === "knocked"
					? h("span.quiet", "none yet")
					: [`${it.sent} sent, ${it.received} received`, it.unread ? h("p.quiet", `${it.unread} unread`) : null],
				[when(it.opened_at), h("p.quiet", it.initiated_by_us ? "by us" : "by the peer")],
				when(it.expires_at),
				ends(it),
			],
		})),
	);

function ends(it) {
	if (it.state === "knocked") return h("a", { href: "#/knocks" }, "Answer it");
	if (!mayDecide()) return command(`agentmesh kill ${it.session_id}`);
	const kill = () =>
		attempt(
			() => call("kill", { session_id: it.session_id }),
			"Ended; the peer is told.",
			`agentmesh kill ${it.session_id}`,
		);
	return doer("Kill", kill, { tone: "danger quiet small", "aria-label": `Kill the session with ${it.peer}` });
}

/** The sessions that are over, the last first; older ones when they are asked for. */
class Past {
	#older = [];
	#next = "";

	constructor(visit) {
		this.first = visit.load(() => call("sessions.history"), "session", "breaker");
		this.visit = visit;
	}

	shown() {
		const more = {
			line: "agentmesh audit show --kind session_closed",
			isNone: (it) => !it.sessions.length,
			none: ["No session is over yet", "When one ends, it stands here with its reason."],
		};
		return this.first.shown(({ sessions, next }) => {
			const from = this.#older.length ? this.#next : next;
			return [
				was([...sessions, ...this.#older]),
				from
					? h(
							"p",
							doer("Older ones", () => this.#load(from)),
						)
					: null,
			];
		}, more);
	}

	async #load(before) {
		const page = await attempt(() => call("sessions.history", { before }));
		if (!page) return;
		this.#older.push(...page.sessions);
		this.#next = page.next;
		this.visit.redraw();
	}
}

const was = (sessions) =>
	table(
		"Sessions that are over",
		["Peer", "About", "Began", "Ended", "How", ""],
		sessions.map((it) => ({
			key: it.session_id,
			cells: [
				peer(it.peer, it.peer_name),
				words(it.intent),
				when(it.opened_at),
				when(it.ended_at),
				[plain(it.reason || it.state), h("p.quiet", it.by_peer ? "by the peer" : "by us")],
				it.readable
					? h("a", { href: `#/transcripts/${encodeURIComponent(it.session_id)}` }, "Transcript")
					: h("span.quiet", "no transcript"),
			],
		})),
	);
