// Reputation: what the registry says of us and of others, and what that rests on. Unrated is no bad sign.
import {
	act,
	badge,
	box,
	card,
	details,
	facts,
	field,
	form,
	h,
	id,
	input,
	many,
	mayDecide,
	note,
	plain,
	sender,
	table,
	when,
} from "../shared/kit.js";

const TAGS = (
	"fast_response accurate professional reliable helpful knowledgeable " +
	"slow_response inaccurate unhelpful unreliable"
).split(" ");

export function open(visit) {
	const own = visit.ask("reputation.show");
	let other = null;
	const said = new Set();
	const look = (fields) => {
		const asked = fields.peer.value.trim();
		said.clear();
		other = visit.ask("reputation.show", { peer: asked });
		visit.redraw();
	};
	visit.show(() => [
		h("h1", "Reputation"),
		card("Ours", own.shown(evidence, { line: "agentmesh reputation" })),
		card(
			"Of a peer",
			form(".inline", look, field("Alias or AMID", input("peer", { required: true })), sender("Show", { tone: "" })),
			other
				? other.shown((it) => [evidence(it), mayDecide() && rating(it, other, said)], {
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
		[
			"Ratings",
			it.ratings_count
				? `by ${many(it.ratings_count, "agent")}, of them ${many(it.owners, "owner")} with a proof`
				: "none yet",
		],
		[
			"Sessions",
			it.sessions
				? `${it.sessions} that both sides signed, ${it.completed} of them completed`
				: "none yet that both sides signed",
		],
		["Tier", String(it.tier)],
		["Registered", when(it.registered_at)],
	),
	it.tags.length
		? table("What was said", ["Word", "By proven owners", "By others"], it.tags, (one) => [
				one.tag,
				plain(one.tag),
				String(one.owners),
				String(one.others),
			])
		: null,
];

function rating(it, shown, said) {
	const send = async (fields) => {
		const score = Number(fields.score.value) / 100;
		const params = { peer: it.amid, score, tags: [...said] };
		const rated = await act("reputation.rate", params, "", `agentmesh rate ${it.amid} ${score}`);
		if (rated) note(rated.repeated ? "This session was rated before; that rating stands." : "Rated.");
		await shown.again();
	};
	const tick = (tag) => box(plain(tag), said.has(tag), (is) => (is ? said.add(tag) : said.delete(tag)));
	return details(
		"Rate the last session with it",
		form(
			".fields",
			send,
			h(
				"p.quiet",
				"The registry learns that you held this session, and nothing of what was said. Each session counts once.",
			),
			field(
				"From 0 (useless) to 100 (could not be better)",
				input("score", { type: "number", min: 0, max: 100, required: true }),
			),
			h("div.filters", TAGS.map(tick)),
			h("p.row", sender("Rate")),
		),
	);
}
