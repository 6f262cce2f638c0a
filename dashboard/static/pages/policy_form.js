// The policy as a form.
import { bytes, choice, field, h } from "../shared/kit.js";
import { at, GROUPS, put } from "./policy_fields.js";

const TIERS = [
	[2, "2 anonymous"],
	[1, "1 verified"],
	[1.5, "1.5 organisation"],
];

/** Describe the form; `change` gets the policy as it is after an edit. */
export const form = (policy, change) =>
	h(
		"div.grid",
		GROUPS.map(([title, fields]) =>
			h(
				"fieldset.card",
				{ key: title, name: title },
				h("legend", title),
				fields.map((it) => one(it, at(policy, it.path), (value) => change(put(policy, it.path, value)))),
			),
		),
	);

function one(it, value, set) {
	const more = { name: it.path };
	switch (it.kind) {
		case "flag":
			return h(
				"label.field.line",
				{ key: it.path },
				h("input", {
					...more,
					type: "checkbox",
					checked: Boolean(value),
					on: { change: ({ target }) => set(target.checked) },
				}),
				it.label,
			);
		case "choice":
			return field(it.label, choice(String(value), it.options, set, more));
		case "number": {
			const input = ({ target }) => target.value !== "" && set(target.valueAsNumber);
			return field(
				it.label,
				h("input", {
					...more,
					type: "number",
					min: 0,
					max: it.max,
					step: it.step ?? 1,
					value: String(value ?? ""),
					on: { input },
				}),
				it.isSize && value ? bytes(value) : it.help,
			);
		}
		case "lines": {
			const text = (value ?? []).join("\n");
			const input = ({ target }) =>
				set(
					target.value
						.split("\n")
						.map((line) => line.trim())
						.filter(Boolean),
				);
			return field(
				it.label,
				h("textarea.code", {
					...more,
					rows: Math.min(8, Math.max(2, (value ?? []).length + 1)),
					value: text,
					spellcheck: "false",
					on: { input },
				}),
				it.help,
			);
		}
		case "tiers":
			return h(
				"fieldset.plain",
				{ key: it.path },
				h("legend", it.label),
				TIERS.map(([tier, label]) => {
					const toggle = ({ target }) =>
						set(target.checked ? [...value, tier] : value.filter((other) => other !== tier));
					return h(
						"label.field.line",
						{ key: tier },
						h("input", { type: "checkbox", checked: (value ?? []).includes(tier), on: { change: toggle } }),
						label,
					);
				}),
			);
		default:
			return field(
				it.label,
				h("input", {
					...more,
					value: String(value ?? ""),
					maxlength: 2000,
					autocomplete: "off",
					spellcheck: "false",
					on: { input: ({ target }) => set(target.value.trim()) },
				}),
				it.help,
			);
	}
}
