// Audit: what happened, line by line, each tied to the one before; and whether the chain is whole.
import {
	attempt,
	badge,
	call,
	card,
	choice,
	count,
	doer,
	download,
	exactly,
	facts,
	Failure,
	field,
	h,
	id,
	input,
	many,
	plain,
	table,
	words,
} from "../shared/kit.js";

const SHOWN = 200;
const GROUPS = {
	"": ["Everything", ""],
	knocks: ["KNOCKs", "knock_received knock_sent knock_accepted knock_rejected"],
	sessions: ["Sessions", "session_started session_cached session_closed breaker_kill_session"],
	messages: ["Messages", "message_sent message_received"],
	keys: [
		"Keys and trust",
		"keys_made keys_moved keys_rotated key_change peer_verified peer_trust_changed session_keys_exported",
	],
	breakers: [
		"Breakers",
		"breaker_tripped breaker_lifted breaker_pause_new breaker_pause_peer breaker_resume breaker_shutdown " +
			"breaker_block breaker_unblock breaker_emergency_stop breaker_stop_hook",
	],
	policy: ["Policy", "policy_changed"],
	errors: ["Errors", "error"],
};
const WRONG = {
	unreadable: "is no line of the log",
	edited: "was changed since it was written",
	missing: "has lines missing before it",
	out_of_order: "is not in its place",
	unchained: "does not belong behind the line before",
	cut_off: "the newest lines are gone",
};

export function open(visit) {
	const chosen = { group: "", peer: "" };
	const asked = () => ({ kinds: GROUPS[chosen.group][1].split(" ").filter(Boolean), peer: chosen.peer.trim() });
	const report = visit.ask("audit.verify");
	const lines = visit.load(
		() => call("audit.show", { ...asked(), limit: SHOWN }),
		..."knock session message policy breaker peer key error".split(" "),
	);
	const choose = (name) => (value) => {
		chosen[name] = value;
		lines.again();
	};
	visit.show(() => [
		h("h1", "Audit"),
		card(
			"The chain",
			report.shown(whole, { line: "agentmesh audit verify" }),
			h(
				"p.row",
				doer("Examine again", () => report.again()),
				doer("Export, signed", () => save(asked())),
			),
		),
		card(
			"Lines",
			h(
				"div.filters",
				field(
					"What",
					choice(
						chosen.group,
						Object.entries(GROUPS).map(([key, [label]]) => [key, label]),
						choose("group"),
					),
				),
				field(
					"Peer",
					input("peer", {
						placeholder: "alias or AMID",
						on: { change: ({ target }) => choose("peer")(target.value) },
					}),
				),
			),
			lines.shown(list, {
				line: "agentmesh audit show",
				none: ["No line fits", "The log has facts only: who, when, what. Never what was said, and never a key."],
			}),
		),
	]);
}

const whole = (it) => [
	it.whole
		? h(
				"p.well",
				badge("good", "Whole"),
				` ${many(it.lines, "line")} in ${many(it.files, "file")}; every one is tied to the one before.`,
			)
		: h(
				"div.problem",
				{ role: "alert" },
				h("p", badge("bad", "Not as it was written")),
				h(
					"ul",
					it.problems
						.slice(0, 20)
						.map((wrong, at) =>
							h("li", { key: at }, `${wrong.file}, line ${wrong.line}: ${WRONG[wrong.what] ?? plain(wrong.what)}`),
						),
				),
			),
	facts(
		["Head", id(it.head, "the head"), h("span.quiet", " kept elsewhere, it shows later that nothing was cut off")],
		it.start ? ["Let go", `${many(it.start, "line")}, as the policy says`] : null,
		it.lost ? ["Lost", badge("bad", `${many(it.lost, "fact")} found no room on the disk`)] : null,
	),
];

const list = ({ records }) => [
	table("Lines of the audit log", ["Line", "When", "What", "Facts"], [...records].reverse(), (it) => [
		it.seq,
		count(it.seq),
		h("time", exactly(it.time)),
		plain(it.event),
		h(
			"code",
			words(
				Object.entries(it.fields)
					.map(([name, value]) => `${name}=${value}`)
					.join(" "),
			),
		),
	]),
	records.length === SHOWN ? h("p.quiet", `The last ${SHOWN}; the export has all.`) : null,
];

/** Hand out the chosen lines as they are, with the daemon's signature under them. */
async function save(asked) {
	const file = await attempt(
		async () => {
			const lines = [];
			let [place, upTo] = ["", 0];
			do {
				const page = await call("audit.export", { ...asked, place, up_to: upTo });
				lines.push(...page.lines);
				[place, upTo] = [page.next, page.up_to];
			} while (place);
			const sealed = await call("audit.seal", { ...asked, up_to: upTo });
			if (sealed.sha256 !== (await digest(lines.join(""))))
				throw new Failure({ message: "The log changed meanwhile.", hint: "Try again." });
			return lines.join("") + sealed.line;
		},
		"Exported and signed.",
		"agentmesh audit export FILE",
	);
	if (file) download("audit.jsonl", file);
}

async function digest(text) {
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
