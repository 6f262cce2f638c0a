// Invites: a code by which two agents become each other's contacts, without an AMID changing hands.
import {
	act,
	attempt,
	badge,
	button,
	call,
	card,
	copier,
	doer,
	field,
	form,
	h,
	input,
	lines,
	peer,
	sender,
	when,
	words,
} from "../shared/kit.js";

const TONES = { open: "key", used: "good", expired: "idle", dead: "bad" };
const STEPS = {
	asked: "Asked; waiting for the other side …",
	looking_up: "Looking the other side up …",
	proved: "Both sides know the code …",
};
const JOIN_SECONDS = 20;

/** Return what describes the invites, and keeps them fresh. */
export function invites(visit, contacts) {
	const made = visit.ask("invites.list", {}, "invite", "peer");
	let joining = "";
	const make = async () => {
		await act("invites.make", {}, "Made: tell the code to one person.", "agentmesh invite");
		await made.again();
	};
	const revoke = (slot) => async () => {
		await act("invites.revoke", { slot }, "Revoked.");
		await made.again();
	};
	const join = async (fields, all) => {
		const code = fields.code.value.trim();
		const joined = await attempt(
			() =>
				untilJoined(code, (step) => {
					joining = STEPS[step] ?? "";
					visit.redraw();
				}),
			"Joined: you are each other’s contacts.",
			"agentmesh join CODE",
		);
		joining = "";
		if (joined) all.reset();
		await contacts.again();
	};
	return () =>
		card(
			"Invite or join",
			h("p.quiet", "Say the code to one person on the phone or in the same room. It works once, for ten minutes."),
			h("p.row", doer("Make a code", make)),
			made.shown((it) => (it.invites.length ? lines(it.invites, (one) => invite(one, revoke)) : null), {
				line: "agentmesh invites",
			}),
			form(
				".fields",
				join,
				field("A code you were told", input("code", { required: true })),
				h("p.row", sender("Join", { tone: "", disabled: Boolean(joining) }), h("span.quiet", joining)),
			),
		);
}

const invite = (it, revoke) =>
	h(
		"li",
		{ key: it.slot },
		badge(TONES[it.state], it.state),
		it.code && [h("code", words(it.code)), copier(it.code, "the code")],
		it.used_by && peer(it.used_by, ""),
		h("span.quiet", it.state === "open" ? "gone " : "made ", when(it.state === "open" ? it.expires_at : it.made_at)),
		it.state === "open" ? button("Revoke", revoke(it.slot), { tone: "small" }) : null,
	);

async function untilJoined(code, told) {
	let step = "";
	while (step !== "joined") {
		const answer = await call("join", { code, wait: JOIN_SECONDS });
		step = answer.step;
		told(step);
	}
	return step;
}
