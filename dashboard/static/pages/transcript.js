// One transcript: who said what, in order, as text or exactly as it is kept.
import {
	act,
	actIfSure,
	attempt,
	badge,
	Blocks,
	button,
	call,
	command,
	count,
	doer,
	download,
	field,
	h,
	id,
	input,
	line,
	many,
	mayDecide,
	payload,
	peer,
	plain,
	question,
	raw,
	sender,
	show,
	when,
} from "../shared/kit.js";

const SAID = { opened: "The session began", closed: "The session ended", note: "Note" };

export function openTranscript(visit, session, number) {
	const first = visit.ask("transcripts.show", { session_id: session, limit: 1 }, "message", "session");
	let isRaw = false;
	let blocks = null;
	const entry = (it) => one(it, isRaw);
	const load = async (from, limit) =>
		(await call("transcripts.show", { session_id: session, first: from, limit })).entries;
	const list = (it) => {
		if (!blocks) {
			blocks = new Blocks(visit, { total: it.total, load, entry });
			if (number) blocks.to(number);
		}
		blocks.grow(it.total);
		return blocks.shown();
	};
	const flip = () => {
		isRaw = !isRaw;
		visit.redraw();
	};
	visit.show(() => [
		h("p", h("a", { href: "#/transcripts" }, "All transcripts")),
		first.shown(
			(it) => [
				h("h1", "With ", it.entries[0] ? peer(it.entries[0].peer, it.entries[0].peer_name) : "nobody"),
				h(
					"p.row",
					badge("good", "encrypted on the disk"),
					many(it.total, "entry", "entries"),
					it.closed ? badge("idle", "closed") : badge("good", "goes on"),
					id(session, "the session’s id"),
				),
				damage(it),
				h(
					"p.row.tools",
					button("Raw", flip, { "aria-pressed": String(isRaw) }),
					button("To the newest", () => blocks?.to(it.total)),
					doer("Export", () => save(session)),
					mayDecide() && button("Export the key …", () => saveKey(session)),
					mayDecide() ? button("Erase …", () => erase(session), { tone: "danger quiet" }) : null,
					command(`agentmesh transcripts show ${session}`),
				),
				list(it),
			],
			{ line: `agentmesh transcripts show ${session}` },
		),
	]);
}

function damage(it) {
	if (it.damaged_at !== null)
		return h(
			"p.problem",
			{ role: "alert" },
			`From entry ${count(it.damaged_at)} on it does not open: it was changed, moved or broken.`,
		);
	return it.torn && h("p", badge("warn", "the last entry is cut short"));
}

function one(it, isRaw) {
	const props = { key: it.number, id: `entry-${it.number}`, tabindex: -1, class: it.kind };
	const head = h(
		"p.head",
		h("strong", SAID[it.kind] ?? (it.kind === "sent" ? "Our agent" : "The peer")),
		h("span.quiet", plain(it.type), " · ", when(it.at), ` · ${it.number}`),
	);
	if (isRaw) return h("article.entry", props, head, raw(it));
	return h("article.entry", props, head, it.payload === null ? null : payload(it.payload));
}

async function save(session) {
	const lines = [];
	let place = "";
	const whole = await attempt(
		async () => {
			do {
				const page = await call("transcripts.read", { session_id: session, place });
				lines.push(...page.entries.map(line));
				if (page.damaged) lines.push(line({ kind: "note", type: "damaged", payload: "What follows does not open." }));
				place = page.next;
			} while (place);
		},
		"",
		`agentmesh transcripts export ${session}`,
	);
	if (whole) download(`transcript-${session}.jsonl`, lines.join(""));
}

async function saveKey(session) {
	const passphrase = await show("Export the key of this transcript", (close) => {
		return question(
			close,
			({ passphrase }) => close(passphrase.value),
			sender("Export"),
			h(
				"p",
				"Whoever has the file and its passphrase can read this one session. The audit log says that you handed it out.",
			),
			field(
				"A passphrase for the file",
				input("passphrase", {
					type: "password",
					required: true,
					minlength: 8,
					maxlength: 1024,
					autocomplete: "new-password",
				}),
			),
		);
	});
	if (!passphrase) return;
	const key = await act("transcripts.keys", { session_id: session, passphrase }, "Exported; the audit log says so.");
	if (key) download(`transcript-${session}.key`, key.file);
}

async function erase(session) {
	const gone = await actIfSure(
		"Erase this transcript?",
		{
			text: "Nobody can bring it back. The session itself and the audit log stay.",
			yes: "Erase",
			word: "ERASE",
		},
		"transcripts.erase",
		{ session_id: session },
		"Erased.",
	);
	if (gone) location.hash = "#/transcripts";
}
