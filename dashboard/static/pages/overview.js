// Overview: is it well, what waits for me, what is going on.
import {
	act,
	badge,
	bars,
	card,
	count,
	details,
	doer,
	empty,
	facts,
	h,
	id,
	lasting,
	lines,
	many,
	mayDecide,
	peer,
	plain,
	qr,
	TIERS,
	when,
	words,
} from "../shared/kit.js";
import { verdict } from "./knock_card.js";
import { sessionState } from "./session_row.js";

const SHOWN = 5;
/** What the bar at the top lifts. */
const OF_ALL = new Set(["pause", "shutdown", "emergency_stop"]);
const MINUTES = 60;
const LINKS = { connected: "good", connecting: "busy", stopped: "bad", unreachable: "warn", unknown: "idle" };

export function open(visit) {
	const [status, breakers, files, figures] = ["status", "breakers", "files", "figures"].map((name) => visit.part(name));
	const knocks = visit.ask("knocks.list", { pending: false, limit: SHOWN }, "knock");
	let code = null;
	const showCode = ({ target }) => {
		if (target.open) code ??= visit.ask("qr", { text: status.value.did });
		visit.redraw();
	};
	visit.show(() => [
		h("h1", "Overview"),
		status.shown((it) => waits(it, files.value)),
		h(
			"div.grid",
			status.value && [agent(status.value, code, showCode), links(status.value)],
			card("Messages", figures.shown(hour)),
			status.value && talks(status.value),
			card(
				"Last KNOCKs",
				{ aside: h("a", { href: "#/knocks" }, "All KNOCKs") },
				knocks.shown(lastKnocks, {
					line: "agentmesh knocks list --all",
					none: ["Nobody has knocked yet", "Another agent knocks when it wants to talk. Give its owner your AMID."],
				}),
			),
			card(
				"Breakers",
				breakers.shown(listed, {
					none: ["Nothing is held", "Loops, floods and changed keys pause a peer by themselves, and are listed here."],
				}),
			),
		),
	]);
}

function waits(status, files) {
	const asking = files?.files.filter((it) => it.state === "asking").length ?? 0;
	const found = [
		[status.knocks.pending, "#/knocks", (n) => many(n, "KNOCK") + " to answer"],
		[status.approvals.pending, "#/approvals", (n) => many(n, "message") + " to approve"],
		[asking, "#/files", (n) => many(n, "file") + " offered"],
		[status.warnings.length, "#/health", (n) => many(n, "warning") + " to look at"],
	].filter(([number]) => number);
	if (!found.length) return h("p.well", badge("good", "All is well"), " Nothing waits for you.");
	return h(
		"ul.waits",
		{ "aria-label": "What waits for you" },
		found.map(([number, href, say]) => h("li", { key: href }, h("a", { href }, say(number)))),
	);
}

const agent = (it, code, showCode) =>
	card(
		"This agent",
		facts(
			["Name", it.name ? words(it.name) : h("span.quiet", "none")],
			["AMID", id(it.amid)],
			["DID", id(it.did, "the DID")],
			["Tier", `${it.tier}`, " ", h("span.quiet", TIERS.get(it.tier))],
			["Daemon", `${it.daemon.version}, up for ${lasting(it.daemon.uptime_seconds)}`],
		),
		details(
			"QR code of the address",
			code?.shown((rows) => qr(rows, "The DID as a QR code")),
			showCode,
		),
	);

const links = (it) =>
	card(
		"Ways out",
		facts(
			["Relay", badge(LINKS[it.relay.state], it.relay.state), h("code.url", it.relay.url)],
			["Registry", badge(LINKS[it.registry.state], it.registry.state), h("code.url", it.registry.url)],
			["Waiting to leave", many(it.outbox.pending, "message")],
			["Not read by the agent", many(it.inbox.unread, "message")],
			["One-time prekeys", count(it.prekeys.one_time)],
		),
	);

const talks = (it) => {
	const living = it.sessions.filter((session) => session.state !== "knocked");
	return card(
		"Live sessions",
		{ aside: h("a", { href: "#/sessions" }, "All sessions") },
		living.length
			? lines(living.slice(0, SHOWN), (session) =>
					h(
						"li",
						{ key: session.session_id },
						peer(session.peer, session.peer_name),
						sessionState(session),
						h("span.quiet", words(session.intent)),
					),
				)
			: empty("No session is open", "A session begins when a KNOCK is accepted, yours or another’s."),
		it.sessions_total > SHOWN ? h("p.quiet", `${count(it.sessions_total)} in all`) : null,
	);
};

function hour({ minutes, since }) {
	const [sent, received] = ["sent", "received"].map((name) =>
		[...Array(MINUTES).fill(0), ...minutes.map((it) => it[name])].slice(-MINUTES),
	);
	const sum = (row) => count(row.reduce((a, b) => a + b, 0));
	const said = `${sum(sent)} sent and ${sum(received)} received within the last hour`;
	return [
		bars(sent, received, said),
		h("p", h("strong", `${sent.at(-1) ?? 0} sent, ${received.at(-1) ?? 0} received`), h("span.quiet", " this minute")),
		h("p.quiet", `${said}. Sent is above the line, received below. Counted since `, when(since), "."),
	];
}

const lastKnocks = ({ knocks }) =>
	lines(knocks, (it) =>
		h("li", { key: it.id }, peer(it.from, it.from_name), verdict(it), h("span.quiet", when(it.received_at))),
	);

const listed = ({ breakers }) =>
	lines(breakers, (it) =>
		h(
			"li",
			{ key: it.id },
			badge("warn", plain(it.kind)),
			it.peer && peer(it.peer, it.peer_name),
			h("span", it.why),
			OF_ALL.has(it.kind) || !mayDecide() ? null : doer("Lift", () => lift(it), { tone: "small" }),
			h("span.quiet", when(it.since)),
		),
	);

const lift = (it) => act("breakers.lift", { id: it.id }, "Lifted.", it.lift);
