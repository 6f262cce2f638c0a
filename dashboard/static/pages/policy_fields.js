// The policy's fields as people read them. What stands here makes a form; what counts is what the daemon checks.

const STRANGERS = [
	["ask", "I decide about strangers"],
	["policy", "Whoever passes the checks gets in"],
];
/** What an agent may send by itself. */
export const AUTONOMY = [
	["notify-only", "Nothing by itself"],
	["draft", "Drafts, which you send"],
	["bounded", "Three messages a day"],
	["extended", "Twelve messages an hour"],
	["free", "Whatever it likes"],
];
const FILES = [
	["never", "Nobody"],
	["ask", "Nobody: ask me"],
	["agent", "Nobody: my agent answers"],
	["contacts", "Contacts"],
	["trusted", "Trusted contacts"],
	["everybody", "Everybody"],
];
const VALIDATION = [
	["silent", "Take it"],
	["warning", "Take it with a warning"],
	["strict", "Refuse it"],
];

const flag = (path, label) => ({ path, label, kind: "flag" });
const choice = (path, label, options) => ({ path, label, kind: "choice", options });
const number = (path, label, more) => ({ path, label, kind: "number", ...more });
const lines = (path, label, help = "") => ({ path, label, kind: "lines", help: `One a line. ${help}` });
// Programs and folders of this machine: no page changes them (agentmesh/daemon/dashboard/programs.py).
const told = (path, label) => ({
	...lines(path, label),
	isTold: true,
	help: `Changed in the terminal alone: agentmesh policy set ${path}`,
});
const text = (path, label) => ({ path, label, kind: "text" });

export const GROUPS = [
	[
		"Who may talk to my agent",
		[
			choice("consent", "Strangers", STRANGERS),
			{ path: "accept_tiers", label: "Tiers that may knock", kind: "tiers" },
			number("min_reputation", "Lowest reputation", { max: 1, step: "any" }),
			lines("accepted_intents", "Only about", "As travel, or travel/flights. None: anything."),
			lines("rejected_intents", "Never about"),
			lines("allowlist", "Always let in", "AMIDs."),
			lines("blocklist", "Blocked for ever", "AMIDs. Take one out to unblock it."),
			flag("strict_mode", "Nobody but those who are always let in"),
			flag("answer_awaiting_owner", "Tell strangers that they wait for me"),
			flag("auto_reject_when_offline", "Refuse while I am offline"),
		],
	],
	[
		"What my agent may do",
		[
			choice("default_autonomy", "What it may send new contacts", [
				["auto", "As strangers get in: nothing, or twelve an hour"],
				...AUTONOMY,
			]),
			choice("validation_mode", "Data that does not fit its schema", VALIDATION),
			lines("scrubber_patterns", "Never let out", "Regular expressions; a message that fits waits for me."),
			lines("delegated_keys", "Fields that it may change itself"),
			told("shared_folders", "Folders whose files it may send"),
		],
	],
	[
		"How much",
		[
			number("max_concurrent_sessions", "Sessions at once"),
			number("rate_limit.knocks_per_minute", "KNOCKs a minute and peer"),
			number("rate_limit.messages_per_minute", "Messages a minute and peer"),
			number("session_limits.max_message_size_bytes", "Bytes in a message", { isSize: true }),
			number("session_limits.max_messages", "Messages in a session (0: no bound)"),
			number("session_limits.ttl_seconds", "Seconds without a word"),
		],
	],
	[
		"Files",
		[
			choice("files.accept", "Take without asking, from", FILES),
			number("files.max_bytes", "Bytes in a file", { isSize: true }),
			number("files.max_total_bytes", "Bytes in the quarantine folder", { isSize: true }),
			lines("files.allow_types", "Only these types", "pdf, image/png, image/*. None: all."),
			lines("files.deny_types", "Never these types"),
		],
	],
	[
		"Breakers trip at",
		[
			number("breakers.loop_turns", "Turns of two agents that answer each other"),
			number("breakers.loop_seconds", "… within so many seconds"),
			number("breakers.turn_seconds", "… each answered within so many seconds"),
			number("breakers.sent_per_minute", "Messages a minute by the agent, to all"),
			number("breakers.same_text_peers", "Peers who get nearly the same"),
			number("breakers.same_text_seconds", "… within so many seconds"),
			number("breakers.approvals_per_hour", "Approvals an hour for one peer"),
			number("breakers.unreadable_frames", "Frames that cannot be read"),
			number("breakers.max_hops", "Hops of a message that is passed on"),
		],
	],
	[
		"Tell me when",
		[
			flag("notify_owner.on_knock_from_unknown", "A stranger knocks"),
			flag("notify_owner.on_approval", "A message waits for approval"),
			flag("notify_owner.on_file", "A file is offered"),
			flag("notify_owner.on_breaker", "A breaker trips"),
			flag("notify_owner.on_error", "Something fails"),
			flag("notify_owner.on_high_value_transaction", "It is about much money"),
			number("notify_owner.threshold_usd", "Much is, in US dollars", { step: "any" }),
			text("notify_owner.ntfy", "By ntfy, at this topic’s URL"),
			text("notify_owner.webhook", "By a webhook’s URL"),
			told("notify_owner.command", "By a program"),
		],
	],
	[
		"Records",
		[
			flag("store_transcripts", "Keep transcripts"),
			number("transcript_days", "Days that transcripts are kept (0: for ever)"),
			number("audit_days", "Days that the audit log is kept (0: for ever)"),
			told("stop_hook", "Program that an emergency stop runs"),
		],
	],
];

/** Return what stands at a dotted path. */
export const at = (policy, path) =>
	path.split(".").reduce((it, name) => (it && Object.hasOwn(it, name) ? it[name] : undefined), policy);

/** Return the policy with another value at a path of the form. */
export function put(policy, path, value) {
	const [name, ...rest] = path.split(".");
	return { ...policy, [name]: rest.length ? put(policy[name] ?? {}, rest.join("."), value) : value };
}

/** Return what differs, as `[path, before, after]`, by path. */
export function differences(before, after, inside = "") {
	const names = new Set([...Object.keys(before), ...Object.keys(after)]);
	return [...names].sort().flatMap((name) => {
		const [old, now] = [before, after].map((it) => (Object.hasOwn(it, name) ? it[name] : undefined));
		if (JSON.stringify(old) === JSON.stringify(now)) return [];
		const isInside = [old, now].every((it) => it !== null && typeof it === "object" && !Array.isArray(it));
		return isInside ? differences(old, now, `${inside}${name}.`) : [[inside + name, old, now]];
	});
}
