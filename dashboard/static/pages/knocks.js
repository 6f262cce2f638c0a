// KNOCKs: who wants to talk. Cards for those that wait, a list of those that are decided.
import {
	act,
	actIfSure,
	answerRow,
	bindDeck,
	call,
	card,
	command,
	deckCard,
	h,
	mayDecide,
	peer,
	table,
	when,
	words,
} from "../shared/kit.js";
import { about, knocker, verdict, why } from "./knock_card.js";

const NONE = [
	"Nobody knocks",
	"An agent that wants to talk to yours sends a KNOCK first. Strangers wait here until you decide; they see silence.",
	"agentmesh knocks list",
];
const EXPLAINED_AT_ONCE = 20;

export function open(visit) {
	const waiting = visit.part("knocks");
	const decided = visit.ask("knocks.list", { pending: false, limit: 100 }, "knock");
	const explained = new Map();
	const explain = (it) => {
		if (explained.has(it.id)) return;
		explained.set(it.id, null);
		call("policy.explain", { peer: it.from, intent: it.intent }).then(
			(answer) => explained.set(it.id, answer) && visit.redraw(),
			() => explained.delete(it.id),
		);
	};
	if (mayDecide()) bindDeck(visit, () => waiting.value?.knocks ?? [], ANSWERS);
	visit.show(() => [
		h("h1", "KNOCKs"),
		waiting.shown(
			({ knocks }) => {
				knocks.slice(0, EXPLAINED_AT_ONCE).forEach(explain);
				return h(
					"div.cards",
					knocks.map((it) => pending(it, explained.get(it.id))),
				);
			},
			{ none: NONE },
		),
		card(
			"Decided",
			decided.shown(history, {
				line: "agentmesh knocks list --all",
				isNone: (it) => it.knocks.every((knock) => knock.verdict === "pending"),
				none: ["Nothing is decided yet", "What you or your policy said to a KNOCK is listed here, with the reason."],
			}),
		),
	]);
}

const pending = (it, explained) =>
	deckCard(
		it,
		`KNOCK of ${it.from}`,
		h("header", h("h2", knocker(it)), verdict(it)),
		about(it, explained),
		explained && h("details", h("summary", "Why this verdict"), why(explained)),
		mayDecide() ? answerRow(it, ANSWERS) : h("p", command(`agentmesh knocks approve ${it.id}`)),
	);

const block = ({ id, from }) =>
	actIfSure(
		"Block this peer for ever?",
		{
			text: [
				"Its KNOCKs are not even shown any more, whatever name it takes. The key is ",
				h("code", from),
				". You can unblock it under Policy.",
			],
			yes: "Block",
		},
		"knocks.block",
		{ id },
		"Blocked.",
	);

const ANSWERS = [
	["a", "Approve and add", ({ id }) => act("knocks.approve", { id }, "Approved: now a contact."), "main"],
	[
		"o",
		"Approve once",
		({ id }) =>
			act(
				"knocks.approve",
				{ id, contact: false },
				"Approved for this session.",
				`agentmesh knocks approve ${id} --once`,
			),
		"",
	],
	["d", "Dismiss", ({ id }) => act("knocks.deny", { id }, "Dismissed: its sender sees silence."), ""],
	["b", "Block …", block, "danger quiet"],
];

const history = ({ knocks }) =>
	table(
		"Decided KNOCKs",
		["Who", "About", "Came", "What became of it"],
		knocks.filter((it) => it.verdict !== "pending"),
		(it) => [it.id, peer(it.from, it.from_name), words(it.intent), when(it.received_at), verdict(it)],
	);
