// The policy as a form.
import { box, bytes, choice, field, h, input, TIERS } from "../shared/kit.js";
import { at, GROUPS, put } from "./policy_fields.js";

/** Describe the form; `change` gets the policy as it is after an edit. */
export const form = (policy, change) =>
	h(
		"div.flow",
		GROUPS.map(([title, fields]) =>
			h(
				"fieldset.card",
				{ key: title, name: title },
				h("legend", title),
				fields.map((it) => one(it, at(policy, it.path), (value) => change(put(policy, it.path, value)))),
			),
		),
	);

const trimmed = (line) => line.trim();

function one(it, value, set) {
	const more = { name: it.path };
	switch (it.kind) {
		case "flag":
			return box(it.label, Boolean(value), set, more);
		case "choice":
			return field(it.label, choice(String(value), it.options, set, more));
		case "number": {
			const type = ({ target }) => target.value !== "" && set(target.valueAsNumber);
			return field(
				it.label,
				input(it.path, {
					type: "number",
					min: 0,
					max: it.max,
					step: it.step ?? 1,
					value: String(value ?? ""),
					on: { input: type },
				}),
				it.isSize && value ? bytes(value) : it.help,
			);
		}
		case "lines": {
			const all = value ?? [];
			const type = ({ target }) => set(target.value.split("\n").map(trimmed).filter(Boolean));
			return field(
				it.label,
				h("textarea.code", {
					...more,
					rows: Math.min(8, all.length + 2),
					value: all.join("\n"),
					spellcheck: "false",
					readOnly: Boolean(it.isTold),
					on: { input: type },
				}),
				it.help,
			);
		}
		case "tiers":
			return h(
				"fieldset.plain",
				{ key: it.path },
				h("legend", it.label),
				[...TIERS].map(([tier, word]) => {
					const others = (value ?? []).filter((other) => other !== tier);
					return box(`${tier} ${word}`, others.length < value?.length, (is) => set(is ? [...others, tier] : others));
				}),
			);
		default:
			return field(
				it.label,
				input(it.path, {
					value: String(value ?? ""),
					maxlength: 2000,
					on: { input: ({ target }) => set(target.value.trim()) },
				}),
				it.help,
			);
	}
}
