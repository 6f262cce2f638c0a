// Contacts: everybody the owner knows. One opened shows all that is known and may be changed about it.
import {
	act,
	badge,
	call,
	card,
	field,
	form,
	h,
	input,
	lines,
	mayDecide,
	Pages,
	peer,
	sender,
	table,
	when,
	words,
} from "../shared/kit.js";
import { states, TRUST } from "./contact_state.js";
import { openContact } from "./contact.js";
import { invites } from "./invites.js";

export function open(visit) {
	if (visit.parts.length) return openContact(visit, visit.parts[0]);
	const bring = (after) => call("contacts.list", { after });
	const contacts = new Pages(visit, "contacts", bring, "peer", "knock", "breaker", "invite", "key", "grant");
	const asked = visit.ask("grants.list", { pending: true }, "grant");
	const invited = mayDecide() && invites(visit, contacts);
	return visit.show(() => [
		h("h1", "Contacts"),
		asked.value?.grants.length ? wishes(asked.value.grants) : null,
		card(
			"Known peers",
			contacts.shown(list, {
				line: "agentmesh contacts",
				none: [
					"You know nobody yet",
					"A contact may talk to your agent without asking. Approve a KNOCK, join by an invite, or add somebody whose AMID you were given.",
					"agentmesh contacts add AMID --alias NAME",
				],
			}),
		),
		mayDecide() && h("div.grid", add(contacts), invited()),
	]);
}

const list = ({ contacts }) =>
	table("Known peers", ["Name", "Key compared", "Trust", "Agent may send", "State", "Since"], contacts, (it) => [
		it.amid,
		h("a", { href: `#/contacts/${it.amid}` }, peer(it.amid, it.alias || it.name)),
		it.verified ? badge("good", "compared") : badge("idle", "not yet"),
		TRUST[it.trust],
		it.autonomy,
		states(it),
		when(it.added_at),
	]);

const wishes = (grants) =>
	card(
		"Asked for",
		lines(grants, (it) =>
			h(
				"li",
				{ key: it.peer + it.kind },
				h("a", { href: `#/contacts/${it.peer}` }, peer(it.peer, it.peer_name)),
				" asks for ",
				h("strong", words(it.kind)),
				it.note && words(it.note),
			),
		),
	);

function add(contacts) {
	const send = async ({ peer, alias, description }, all) => {
		const params = { peer: peer.value.trim(), alias: alias.value.trim(), description: description.value.trim() };
		if (await act("contacts.add", params, "Added.")) all.reset();
		await contacts.again();
	};
	return card(
		"Add a contact",
		form(
			".fields",
			send,
			field("AMID or DID", input("peer", { required: true })),
			field("Your name for it", input("alias", { maxlength: 64 })),
			field("Description", input("description", { maxlength: 280 })),
			h("p.row", sender("Add")),
		),
	);
}
