// Contacts: everybody the owner knows. One opened shows all that is known and may be changed about it.
import { attempt, badge, call, card, field, h, mayDecide, peer, table, when, words } from "../shared/kit.js";
import { states, TRUST } from "./contact_state.js";
import { openContact } from "./contact.js";
import { invites } from "./invites.js";

export function open(visit) {
	if (visit.parts.length) return openContact(visit, visit.parts[0]);
	const contacts = visit.load(() => call("contacts.list"), "peer", "knock", "breaker", "invite", "key", "grant");
	const asked = visit.load(() => call("grants.list", { pending: true }), "grant");
	const invited = mayDecide() ? invites(visit, contacts) : null;
	return visit.show(() => [
		h("h1", "Contacts"),
		asked.value?.grants.length ? wishes(asked.value.grants) : null,
		card(
			"Known peers",
			contacts.shown(list, {
				line: "agentmesh contacts",
				isNone: (it) => !it.contacts.length,
				none: [
					"You know nobody yet",
					"A contact may talk to your agent without asking. Approve a KNOCK, join by an invite, or add somebody whose AMID you were given.",
					"agentmesh contacts add AMID --alias NAME",
				],
			}),
		),
		mayDecide() ? h("div.grid", add(contacts), invited()) : null,
	]);
}

const list = ({ contacts }) =>
	table(
		"Known peers",
		["Name", "Key compared", "Trust", "Agent may send", "State", "Since"],
		contacts.map((it) => ({
			key: it.amid,
			cells: [
				h("a", { href: `#/contacts/${it.amid}` }, peer(it.amid, it.alias || it.name)),
				it.verified ? badge("good", "compared") : badge("idle", "not yet"),
				TRUST[it.trust],
				it.autonomy,
				states(it),
				when(it.added_at),
			],
		})),
	);

const wishes = (grants) =>
	card(
		"Asked for",
		h(
			"ul.lines",
			grants.map((it) =>
				h(
					"li",
					{ key: it.peer + it.kind },
					h("a", { href: `#/contacts/${it.peer}` }, peer(it.peer, it.peer_name)),
					" asks for ",
					h("strong", words(it.kind)),
					it.note ? words(it.note) : null,
				),
			),
		),
	);

function add(contacts) {
	const submit = async (event) => {
		event.preventDefault();
		const form = event.target;
		const params = {
			peer: form.elements.peer.value.trim(),
			alias: form.elements.alias.value.trim(),
			description: form.elements.description.value.trim(),
		};
		const kept = await attempt(() => call("contacts.add", params), "Added.", `agentmesh contacts add ${params.peer}`);
		if (kept) form.reset();
		await contacts.again();
	};
	return card(
		"Add a contact",
		h(
			"form.fields",
			{ on: { submit } },
			field(
				"AMID or DID",
				h("input", { name: "peer", required: true, maxlength: 200, autocomplete: "off", spellcheck: "false" }),
			),
			field("Your name for it", h("input", { name: "alias", maxlength: 64, autocomplete: "off" })),
			field("Description", h("input", { name: "description", maxlength: 280, autocomplete: "off" })),
			h("p.row", h("button.main", { type: "submit" }, "Add")),
		),
	);
}
