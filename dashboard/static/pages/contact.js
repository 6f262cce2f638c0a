// One contact: who it is, what it may do, how sure its key is, and how to be rid of it.
import {
	act,
	actIfSure,
	button,
	call,
	card,
	choice,
	command,
	doer,
	facts,
	field,
	form,
	h,
	id,
	input,
	mayDecide,
	sender,
	when,
	words,
} from "../shared/kit.js";
import { grants } from "./contact_grants.js";
import { verification } from "./contact_key.js";
import { AUTONOMY } from "./policy_fields.js";
import { states, TRUST } from "./contact_state.js";

export function openContact(visit, amid) {
	const contact = visit.load(
		async () => (await call("contacts.show", { peer: amid })).contact,
		"peer",
		"breaker",
		"key",
		"grant",
	);
	const keys = verification(visit, amid, contact);
	const granted = grants(visit, amid);
	visit.show(() => [
		h("p", h("a", { href: "#/contacts" }, "All contacts")),
		contact.shown(
			(it) => [
				h("h1", it.alias || it.name ? words(it.alias || it.name) : "A contact without a name"),
				it.key_changed
					? h(
							"p.problem",
							{ role: "alert" },
							"Another key than its own was shown for this contact, so nothing is sent to it. Ask its owner on another way, then compare the safety number.",
						)
					: null,
				h(
					"div.grid",
					who(it),
					mayDecide() && leave(it, contact),
					keys(it),
					granted(),
					mayDecide() && partings(it, contact),
				),
			],
			{ line: `agentmesh contacts show ${amid}` },
		),
	]);
}

const who = (it) =>
	card(
		"Who",
		facts(
			["Your name for it", it.alias || "none"],
			["Calls itself", it.name ? words(it.name) : "nothing"],
			["AMID", id(it.amid)],
			["State", states(it)],
			["Trust", TRUST[it.trust]],
			["Agent may send", it.autonomy],
			["Known since", when(it.added_at)],
			it.description && ["Description", words(it.description)],
		),
	);

function leave(it, contact) {
	const change = (method, name, done, line) => async (value) => {
		await act(method, { peer: it.amid, [name]: value }, done, line);
		await contact.again();
	};
	const text = (method, name, most, label, done, help) => {
		const save = change(method, name, done, `agentmesh contacts ${name} ${it.amid} TEXT`);
		const line = input(name, { value: it[name], maxlength: most });
		return form(
			".inline",
			(fields) => save(fields[name].value),
			field(label, line, help),
			sender("Save", { tone: "" }),
		);
	};
	return card(
		"What it may do",
		field(
			"Trust",
			choice(
				String(it.trust),
				TRUST.map((label, level) => [String(level), label]),
				(level) =>
					change(
						"contacts.trust",
						"trust",
						"Trust is set.",
						`agentmesh contacts trust ${it.amid} LEVEL`,
					)(Number(level)),
			),
		),
		field(
			"What your agent may send it",
			choice(
				it.autonomy,
				[["", "As the policy says"], ...AUTONOMY],
				change("contacts.autonomy", "autonomy", "Autonomy is set.", `agentmesh contacts autonomy ${it.amid} LEVEL`),
			),
		),
		text("contacts.alias", "alias", 64, "Your name for it", "Named."),
		text(
			"contacts.note",
			"note",
			280,
			"Your note",
			"Noted.",
			"What it may be used for. Your agent sees it; the peer does not.",
		),
	);
}

function partings(it, contact) {
	const ask = (title, text, yes, method, done) => async () => {
		const gone = await actIfSure(title, { text, yes }, method, { peer: it.amid }, done);
		if (gone && method === "contacts.remove") location.hash = "#/contacts";
		else await contact.again();
	};
	const now = (method, done) => async () => {
		await act(method, { peer: it.amid }, done);
		await contact.again();
	};
	return card(
		"Holding and parting",
		h(
			"p.row",
			it.paused
				? doer("Resume", now("resume", "Messages go both ways again."), { key: "resume" })
				: doer("Pause", now("pause", "Paused: what it sends is kept and not shown."), { key: "pause" }),
			it.blocked
				? doer("Unblock", now("unblock", "It may knock again."), { key: "unblock" })
				: button(
						"Block …",
						ask(
							"Block this peer for ever?",
							"Its sessions end, and its KNOCKs are not even shown any more.",
							"Block",
							"block",
							"Blocked.",
						),
						{ tone: "danger quiet", key: "block" },
					),
			button(
				"Forget …",
				ask(
					"Forget this contact?",
					"Your names, notes, grants and the comparison of keys are lost. It has to knock again.",
					"Forget",
					"contacts.remove",
					"Forgotten.",
				),
				{ tone: "danger quiet" },
			),
		),
		h("p", command(`agentmesh contacts show ${it.amid}`)),
	);
}
