// Reputation: what the registry says of us and of others, and what that rests on. Unrated is no bad sign.
import {
	attempt,
	badge,
	call,
	card,
	facts,
	field,
	h,
	id,
	many,
	mayDecide,
	peer,
	plain,
	table,
	when,
} from "../shared/kit.js";

const TAGS = ["fast_response", "accurate", "professional", "reliable", "helpful", "knowledgeable"];
const COMPLAINTS = ["slow_response", "inaccurate", "unhelpful", "unreliable"];

export function open(visit) {
	const own = visit.load(() => call("reputation.show"));
	let other = null;
	const look = (event) => {
		event.preventDefault();
		const asked = event.target.elements.peer.value.trim();
		other = visit.load(() => call("reputation.show", { peer: asked }));
		visit.redraw();
	};
	visit.show(() => [
		h("h1", "Reputation"),
		card("Ours", own.shown(evidence, { line: "agentmesh reputation" })),
		card(
			"Of a peer",
			h(
				"form.inline",
				{ on: { submit: look } },
				field("Alias or AMID", h("input", { name: "peer", required: true, maxlength: 200, autocomplete: "off" })),
				h("button", { type: "submit" }, "Show"),
			),
			other
				? other.shown((it) => [evidence(it), mayDecide() ? rating(it, other) : null], {
						line: "agentmesh reputation PEER",
					})
				: null,
		),
	]);
}

const evidence = (it) => [
	h(
		"p.well",
		it.rated
			? [badge("good", "rated"), ` ${it.score.toFixed(2)} of 1`]
			: [badge("idle", "unrated"), " Too few different agents have rated it to say anything."],
	),
	it.flags.map((one) => h("p", { key: one.flag }, badge("warn", plain(one.flag)), " until ", when(one.until))),
	facts(
		["Agent", id(it.amid)],
		["Ratings", `by ${many(it.ratings_count, "agent")}, of them ${many(it.owners, "owner")} with a proof`],
		["Sessions", `${it.sessions} that both sides signed, ${it.completed} of them completed`],
		["Tier", String(it.tier)],
		["Registered", when(it.registered_at)],
	),
	it.tags.length
		? table(
				"What was said",
				["Word", "By proven owners", "By others"],
				it.tags.map((one) => ({ key: one.tag, cells: [plain(one.tag), String(one.owners), String(one.others)] })),
			)
		: null,
];

function rating(it, shown) {
	const submit = async (event) => {
		event.preventDefault();
		const form = event.target;
		const tags = [...form.querySelectorAll("[type=checkbox]:checked")].map((box) => box.name);
		const score = Number(form.elements.score.value) / 100;
		const rated = await attempt(
			() => call("reputation.rate", { peer: it.amid, score, tags }),
			"",
			`agentmesh rate ${it.amid} ${score}`,
		);
		if (rated) note(rated.repeated ? "This session was rated before; that rating stands." : "Rated.");
		await shown.again();
	};
	const box = (tag) => h("label.field.line", { key: tag }, h("input", { type: "checkbox", name: tag }), plain(tag));
	return h(
		"details",
		h("summary", "Rate the last session with it"),
		h(
			"form.fields",
			{ on: { submit } },
			h(
				"p.quiet",
				"The registry learns that you held this session, and nothing of what was said. Each session counts once.",
			),
			field(
				"From 0 (useless) to 100 (could not be better)",
				h("input", { name: "score", type: "number", min: 0, max: 100, required: true }),
			),
			h("div.filters", [...TAGS, ...COMPLAINTS].map(box)),
			h("p.row", h("button.main", { type: "submit" }, "Rate")),
		),
	);
}
