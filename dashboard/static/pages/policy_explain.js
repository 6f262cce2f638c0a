// What would become of a peer's KNOCK now, check by check.
import { call, card, field, h } from "../shared/kit.js";
import { why } from "./knock_card.js";

/** Return what describes the question and its answer. */
export function explainer(visit) {
	let answer = null;
	const submit = (event) => {
		event.preventDefault();
		const { peer, intent } = event.target.elements;
		answer = visit.load(
			() => call("policy.explain", { peer: peer.value.trim(), intent: intent.value.trim() }),
			"policy",
		);
		visit.redraw();
	};
	return () =>
		card(
			"What would become of a KNOCK?",
			h(
				"form.fields",
				{ on: { submit } },
				h(
					"div.filters",
					field(
						"From",
						h("input", {
							name: "peer",
							required: true,
							maxlength: 200,
							autocomplete: "off",
							placeholder: "alias or AMID",
						}),
					),
					field(
						"About",
						h("input", {
							name: "intent",
							required: true,
							maxlength: 129,
							value: "communication/messaging",
							autocomplete: "off",
						}),
					),
				),
				h("p.row", h("button", { type: "submit" }, "Explain")),
			),
			answer ? answer.shown(why, { line: "agentmesh policy explain PEER" }) : null,
		);
}
