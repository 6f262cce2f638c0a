// One KNOCK: who, what about, how sure that is, and why it waits.
import { badge, facts, h, id, paragraphs, peer, plain, table, when, words } from "../shared/kit.js";

const VERDICTS = {
	pending: ["key", "waits for you"],
	accepted: ["good", "accepted"],
	rejected: ["bad", "refused"],
	dismissed: ["idle", "dismissed"],
};
const TIERS = {
	2: "2: nobody vouches for an owner",
	1: "1: an owner proved an account",
	1.5: "1.5: an organisation vouches",
};

/** Describe what became of a KNOCK. */
export function verdict(it) {
	const [tone, word] = VERDICTS[it.verdict] ?? ["idle", it.verdict];
	return badge(tone, it.reason ? `${word}: ${plain(it.reason)}` : word);
}

/** Describe who knocks. The name is the stranger's own; the key is not. */
export const knocker = (it) => [
	it.from_name ? h("strong", words(it.from_name)) : h("strong.quiet", "A peer without a name"),
	h("span.quiet", it.from_name ? " is what it calls itself. Its key is " : " knocks. Its key is "),
	id(it.from),
];

/** Describe what it is about, in the stranger's words and in the registry's. */
export function about(it, explained) {
	const looked = explained && Object.assign({}, ...explained.knock.checks.map((check) => check.looked_at));
	return [
		it.note && h("p.quoted", paragraphs(it.note)),
		facts(
			["Wants to talk about", words(it.intent)],
			["Kind of session", plain(it.type)],
			["Came", when(it.received_at), ", gone ", when(it.expires_at)],
			["Key", badge("good", "signature verified")],
			it.vouched && it.vouched.certificate !== "none" && ["Answers for it", answerer(it.vouched)],
			looked && ["Registry", ...registry(explained, looked)],
			it.introduced_by.length
				? [
						"Introduced by",
						it.introduced_by.map((by) =>
							h(
								"p",
								{ key: by.by },
								peer(by.by, by.by_name),
								` (trust ${by.by_trust})`,
								by.note && [": ", words(by.note)],
							),
						),
					]
				: null,
			it.scope_note && ["Your note", it.scope_note],
		),
	];
}

function answerer({ certificate, organization }) {
	if (certificate !== "valid") return badge("bad", `its certificate does not count: ${plain(certificate)}`);
	return organization ? [badge("good", "organisation"), " ", words(organization)] : badge("good", "a verified owner");
}

function registry(explained, looked) {
	if (!explained.registry_reached) return [badge("warn", "not reached"), " Tier and reputation are unknown now."];
	if (looked.record !== "found") return [badge("warn", `record ${plain(looked.record)}`)];
	return [
		`Tier ${TIERS[looked.tier] ?? looked.tier}.`,
		typeof looked.reputation === "number" ? ` Reputation ${looked.reputation}.` : null,
	];
}

/** Describe every check of the policy, and which one decided. */
export const why = ({ knock }) => [
	h("p", `Your policy says: ${plain(knock.decision)} (${plain(knock.reason)}).`),
	table("The checks", ["Check", "It said", "It looked at"], knock.checks, (it) => [
		it.check,
		plain(it.check),
		it.decision
			? [`${plain(it.decision)}: ${plain(it.reason)}`, it.decides && h("strong.decides", " (decides)")]
			: h("span.quiet", "nothing against"),
		h("code", words(JSON.stringify(it.looked_at))),
	]),
];
