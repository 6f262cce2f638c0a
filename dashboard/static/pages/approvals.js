// Approvals: what the agent wrote and may not send by itself. What is approved is what was shown.
import {
	act,
	answerRow,
	badge,
	bindDeck,
	card,
	command,
	deckCard,
	facts,
	h,
	id,
	inOneLine,
	mayDecide,
	payload,
	peer,
	plain,
	start,
	table,
	when,
	words,
} from "../shared/kit.js";

const NONE = [
	"No message waits for you",
	"Where a contact is set to “draft”, or a message looks as if it held a secret, your agent writes and you send. Drafts wait here for ten minutes.",
	"agentmesh contacts autonomy PEER draft",
];
const STATES = { waiting: "key", approved: "good", denied: "bad", expired: "idle" };

export function open(visit) {
	const waiting = visit.part("approvals");
	const past = visit.ask("approvals.list", { pending: false }, "approval");
	if (mayDecide()) bindDeck(visit, () => waiting.value?.approvals ?? [], ANSWERS);
	visit.show(() => [
		h("h1", "Approvals"),
		waiting.shown(({ approvals }) => h("div.cards", approvals.map(draft)), {
			none: NONE,
		}),
		past.value?.approvals.some((it) => it.state !== "waiting") ? card("Decided", decided(past.value.approvals)) : null,
	]);
}

const draft = (it) =>
	deckCard(
		it,
		`Message to ${it.to}`,
		h("header", h("h2", "To ", peer(it.to, it.to_name)), badge("key", "waits for you")),
		payload(it.payload),
		facts(
			["Recipient", id(it.to)],
			[
				"Identity",
				it.verified ? badge("good", "you compared the number") : badge("warn", "not compared"),
				`trust ${it.trust}`,
			],
			[
				"Why you are asked",
				plain(it.reason),
				it.secrets.length ? [": it seems to hold ", it.secrets.map(plain).join(", ")] : null,
			],
			["Type", words(it.type), " about ", words(it.intent)],
			["Digest", id(it.digest, "the digest")],
			["Asked", when(it.asked_at), ", over ", when(it.expires_at)],
		),
		mayDecide() ? answerRow(it, ANSWERS) : h("p", command(`agentmesh approvals approve ${it.id}`)),
	);

const ANSWERS = [
	[
		"a",
		"Send it",
		({ id: draftId, digest }) => act("approvals.approve", { id: draftId, digest }, "Approved: it is on its way."),
		"main",
	],
	["d", "Do not send", ({ id: draftId }) => act("approvals.deny", { id: draftId }, "Denied: it is not sent."), ""],
];

const decided = (all) =>
	table(
		"Decided drafts",
		["To", "It said", "Asked", "What became of it"],
		all.filter((it) => it.state !== "waiting"),
		(it) => [
			it.id,
			peer(it.to, it.to_name),
			start(inOneLine(it.payload)),
			when(it.asked_at),
			badge(STATES[it.state], it.state),
		],
	);
