// Sessions: the living ones, with an end to each; and those that were.
import {
	act,
	badge,
	call,
	card,
	command,
	doer,
	h,
	mayDecide,
	Pages,
	peer,
	plain,
	table,
	when,
	words,
} from "../shared/kit.js";
import { sessionState } from "./session_row.js";

export function open(visit) {
	const status = visit.part("status");
	let all = null;
	const many = () => (all ??= new Pages(visit, "sessions", (before) => call("sessions", { before }), "status"));
	const past = new Pages(visit, "sessions", (before) => call("sessions.history", { before }));
	const living = () => {
		const { sessions = [], sessions_total } = status.value ?? {};
		return [sessions_total, ...sessions.map((it) => it.session_id)].join();
	};
	let before = living();
	visit.hear(() => {
		if (before !== (before = living())) past.again();
	});
	visit.show(() => [
		h("h1", "Sessions"),
		card(
			"Live",
			status.shown((it) => (it.sessions_total > it.sessions.length ? many().shown(live) : live(it)), {
				none: [
					"No session is open",
					"A session begins when a KNOCK is accepted. Your agent starts one by sending a message.",
					"agentmesh send PEER TEXT",
				],
			}),
		),
		card(
			"History",
			past.shown(was, {
				line: "agentmesh audit show --kind session_closed",
				none: ["No session is over yet", "When one ends, it stands here with its reason."],
			}),
		),
	]);
}

const live = ({ sessions }) =>
	table("Live sessions", ["Peer", "About", "State", "Messages", "Began", "Ends if silent", ""], sessions, (it) => [
		it.session_id,
		peer(it.peer, it.peer_name),
		[words(it.intent), h("p.quiet", plain(it.type))],
		[sessionState(it), it.vouched?.organization && h("p", words(it.vouched.organization)), it.degraded && h("p.quiet", it.suite), it.warnings.map((text) => h("p", badge("warn", text)))],
		it.state === "knocked"
			? h("span.quiet", "none yet")
			: [`${it.sent} sent, ${it.received} received`, it.unread ? h("p.quiet", `${it.unread} unread`) : null],
		[when(it.opened_at), h("p.quiet", it.initiated_by_us ? "by us" : "by the peer")],
		when(it.expires_at),
		ends(it),
	]);

function ends(it) {
	if (it.state === "knocked") return h("a", { href: "#/knocks" }, "Answer it");
	if (!mayDecide()) return command(`agentmesh kill ${it.session_id}`);
	const kill = () => act("kill", { session_id: it.session_id }, "Ended; the peer is told.");
	return doer("Kill", kill, { tone: "danger quiet small", "aria-label": `Kill the session with ${it.peer}` });
}

const was = ({ sessions }) =>
	table("Sessions that are over", ["Peer", "About", "Began", "Ended", "How", ""], sessions, (it) => [
		it.session_id,
		peer(it.peer, it.peer_name),
		words(it.intent),
		when(it.opened_at),
		when(it.ended_at),
		[plain(it.reason || it.state), h("p.quiet", it.by_peer ? "by the peer" : "by us")],
		it.has_transcript
			? h("a", { href: `#/transcripts/${encodeURIComponent(it.session_id)}` }, "Transcript")
			: h("span.quiet", "no transcript"),
	]);
