// What a contact was granted, and what it asks for. Peers ask, owners grant.
import {
	act,
	badge,
	card,
	details,
	doer,
	field,
	form,
	h,
	input,
	lines,
	mayDecide,
	plain,
	sender,
	when,
	words,
} from "../shared/kit.js";

const TONES = { granted: "good", requested: "key", grant_expired: "idle", grant_revoked: "bad", grant_used_up: "idle" };
const DAY = 86400;
const LASTING = [
	["", "Without an end"],
	[String(DAY / 24), "An hour"],
	[String(DAY), "A day"],
	[String(7 * DAY), "A week"],
	[String(30 * DAY), "30 days"],
];

/** Return what describes a contact's grants. */
export function grants(visit, amid) {
	const given = visit.ask("grants.list", { peer: amid }, "grant");
	const asked = visit.ask("grants.list", { pending: true, peer: amid }, "grant");
	const again = () => Promise.all([given.again(), asked.again()]);
	const give = async (kind, more = {}) => {
		const answer = await act(
			"grants.give",
			{ peer: amid, kind, ...more },
			"Granted.",
			`agentmesh grants give ${amid} ${kind}`,
		);
		await again();
		return answer;
	};
	const revoke = (kind) => async () => {
		await act("grants.revoke", { peer: amid, kind }, "Taken back.", `agentmesh grants revoke ${amid} ${kind}`);
		await again();
	};
	return () =>
		card(
			"Grants",
			{ key: "grants" },
			asked.value?.grants.length
				? lines(asked.value.grants, (it) =>
						one(it, mayDecide() && doer("Grant", () => give(it.kind), { tone: "main small" })),
					)
				: null,
			given.shown(
				(it) =>
					lines(it.grants, (grant) =>
						one(
							grant,
							mayDecide() && grant.state === "granted" && doer("Take back", revoke(grant.kind), { tone: "small" }),
						),
					),
				{
					line: `agentmesh grants list ${amid}`,
					none: ["Nothing was granted", "A contact may send text. Files, tasks and memory are granted one by one."],
				},
			),
			mayDecide() && giving(give),
		);
}

const one = (it, action) =>
	h(
		"li",
		{ key: it.kind + it.state },
		badge(TONES[it.state], plain(it.state)),
		h("strong", words(it.kind)),
		it.note && words(it.note),
		it.uses_left === null ? null : `${it.uses_left} uses left`,
		it.until ? ["until ", when(it.until)] : null,
		action,
	);

function giving(give) {
	const send = async ({ kind, name, seconds, uses }, all) => {
		const full = ["task", "memory"].includes(kind.value) ? `${kind.value}:${name.value.trim()}` : kind.value;
		const more = {
			...(seconds.value ? { seconds: Number(seconds.value) } : {}),
			...(uses.value ? { uses: Number(uses.value) } : {}),
		};
		if (await give(full, more)) all.reset();
	};
	const options = (all) => all.map(([value, label]) => h("option", { value, key: value }, label));
	const kinds = [
		["text", "Text"],
		["file-in", "Sending us files"],
		["file-out", "Getting files from us"],
		["task", "A task, by its name"],
		["memory", "Memory, by its scope"],
	];
	return details(
		"Grant something",
		form(
			".fields",
			send,
			field("What", h("select", { name: "kind" }, options(kinds))),
			field("Name of the task, or scope of the memory", input("name", { maxlength: 70 })),
			field("For how long", h("select", { name: "seconds" }, options(LASTING))),
			field("How often at most", input("uses", { type: "number", min: 1, max: 1000000 })),
			h("p.row", sender("Grant")),
		),
	);
}
