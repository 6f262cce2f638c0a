// What would become of a peer's KNOCK now, check by check.
import { call, card, field, form, h, input, sender } from "../shared/kit.js";
import { why } from "./knock_card.js";

/** Return what describes the question and its answer. */
export function explainer(visit) {
	let answer = null;
	const send = ({ peer, intent }) => {
		answer = visit.load(
			() => call("policy.explain", { peer: peer.value.trim(), intent: intent.value.trim() }),
			"policy",
		);
		visit.redraw();
	};
	return () =>
		card(
			"What would become of a KNOCK?",
			form(
				".fields",
				send,
				h(
					"div.filters",
					field("From", input("peer", { required: true, placeholder: "alias or AMID" })),
					field("About", input("intent", { required: true, maxlength: 129, value: "communication/messaging" })),
				),
				h("p.row", sender("Explain", { tone: "" })),
			),
			answer ? answer.shown(why, { line: "agentmesh policy explain PEER" }) : null,
		);
}
