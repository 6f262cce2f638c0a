// Settings: how this page looks and listens, and what this tab may do. What the agent may do is the policy.
import {
	actIfSure,
	box,
	button,
	card,
	choice,
	command,
	facts,
	field,
	goOut,
	h,
	id,
	lasting,
	leave,
	like,
	mayDecide,
	table,
	taste,
	when,
	words,
} from "../shared/kit.js";

export function open(visit) {
	const status = visit.part("status");
	const settings = visit.ask("settings");
	visit.show(() => [
		h("h1", "Settings"),
		h("div.grid", look(visit), tab(), card("The daemon", status.shown(daemon)), mayDecide() && shutdown()),
		card("config.json", settings.shown(kept, { line: "agentmesh status" })),
	]);
}

function look(visit) {
	const liked = (name) => (value) => {
		like(name, value);
		visit.redraw();
	};
	return card(
		"This page",
		field(
			"Light or dark",
			choice(
				taste("theme"),
				[
					["auto", "As the system has it"],
					["light", "Light"],
					["dark", "Dark"],
				],
				liked("theme"),
			),
		),
		field(
			"Contrast",
			choice(
				taste("contrast"),
				[
					["auto", "As the system has it"],
					["more", "High"],
				],
				liked("contrast"),
			),
		),
		box("Single letters do things (? lists them)", taste("keys"), liked("keys")),
		h("p.quiet", "These stay in this browser."),
	);
}

function tab() {
	const held = leave();
	const close = () => goOut().then(() => location.reload());
	return card(
		"This tab",
		facts(["May", held?.scope === "control" ? "look and decide" : "look"], ["Until", when(held?.expires_at)]),
		h(
			"p.quiet",
			"What cannot be undone asks for a tab that was opened in the last five minutes. It has to come in again for that.",
		),
		h("p.row", button("Close this tab’s leave", close), command("agentmesh dashboard")),
	);
}

const daemon = (it) =>
	facts(
		["Version", it.daemon.version],
		["Up for", lasting(it.daemon.uptime_seconds)],
		["Process", String(it.daemon.pid)],
		["Name", it.name ? words(it.name) : "none"],
		["AMID", id(it.amid)],
		["Relay", h("code", it.relay.url)],
		["Registry", h("code", it.registry.url)],
	);

const kept = ({ settings, file }) => [
	h(
		"p.quiet",
		"No page can change these. They are read when the daemon starts, from ",
		h("code", file),
		", from AGENTMESH_… in the environment, and from flags.",
	),
	table("Settings", ["Setting", "Value"], Object.entries(settings), ([name, value]) => [
		name,
		h("code", name),
		h("code", words(JSON.stringify(value))),
	]),
];

function shutdown() {
	const ask = () =>
		actIfSure(
			"End all sessions and go offline?",
			{
				text: "Your agent stays offline until you resume, also after a restart. Contacts are told that their sessions ended.",
				yes: "Shut down",
			},
			"shutdown",
			{},
			"Offline.",
		);
	return card(
		"Going offline",
		h(
			"p",
			"Shutting down ends all sessions and keeps the agent offline. The daemon’s process stays, and so does this page.",
		),
		h("p.row", button("Shut down …", ask, { tone: "danger quiet" }), command("agentmesh shutdown")),
		h("p.quiet", "To end the process and keep the sessions:"),
		h("p", command("agentmesh down")),
	);
}
