// How sure a contact's key is: the number that both owners compare, and what happened to its keys.
import { actIfSure, badge, card, details, doer, h, lines, mayDecide, plain, qr, when } from "../shared/kit.js";

const KINDS = ["peer_verified", "key_change", "peer_trust_changed", "peer_autonomy_changed", "peer_suites_changed"];
const SAID = {
	peer_verified: ["good", "You compared the safety number"],
	key_change: ["bad", "Another key was shown"],
	peer_trust_changed: ["key", "Trust was set"],
	peer_suites_changed: ["warn", "Weaker suites were permitted or taken back"],
	peer_autonomy_changed: ["key", "What your agent may send it was set"],
};

/** Return what describes a contact's key. */
export function verification(visit, amid, contact) {
	const number = visit.ask("verify", { peer: amid }, "key", "peer_verified");
	const past = visit.ask("audit.show", { kinds: KINDS, peer: amid, limit: 100 }, "key", "peer", "knock");
	let code = null;
	const showCode = ({ target }) => {
		if (target.open && number.value) code ??= visit.ask("qr", { text: number.value.text });
		visit.redraw();
	};
	const match = async () => {
		await actIfSure(
			"Did both of you see the same?",
			{
				text: "Say yes only if you compared all digits with this peer’s owner: in one room, or on a call where you know the voice.",
				yes: "The numbers are the same",
				tone: "main",
			},
			"verify",
			{ peer: amid, confirm: true },
			"Kept: the key is this owner’s.",
			`agentmesh verify ${amid} --confirm`,
		);
		await Promise.all([number.again(), contact.again()]);
	};
	return (it) => [
		card(
			"Safety number",
			{ key: "number", aside: it.verified ? badge("good", "compared") : badge("warn", "not compared yet") },
			h("p.quiet", "Both owners see the same if nobody stands between you."),
			number.shown(
				(found) => [
					h(
						"ol.emoji",
						{ "aria-label": "The same in a quick look" },
						found.emoji.map((one) => h("li", h("span", { "aria-hidden": "true" }, one.emoji), h("small", one.name))),
					),
					h(
						"p.number",
						found.number.split(" ").map((group) => h("code", group)),
					),
					details(
						"QR code for the other owner’s camera",
						code?.shown((rows) => qr(rows, "The safety number as a QR code")),
						showCode,
					),
				],
				{ line: `agentmesh verify ${amid}` },
			),
			mayDecide() && !it.verified ? h("p.row", doer("They match …", match)) : null,
		),
		card(
			"Key history",
			{ key: "history" },
			past.shown(({ records }) => lines([...records].reverse(), line), {
				line: `agentmesh audit show --peer ${amid}`,
				none: ["Nothing happened to its keys", "Changed keys, comparisons and trust are written down here."],
			}),
		),
	];
}

const line = ({ seq, event, time, fields }) => {
	const [tone, word] = SAID[event] ?? ["idle", plain(event)];
	const more = Object.entries(fields).filter(([name]) => !["peer", "session_id"].includes(name));
	return h(
		"li",
		{ key: seq },
		badge(tone, word),
		more.map(([name, value]) => `${plain(name)} ${plain(value)}`).join(", "),
		h("span.quiet", when(time)),
	);
};
