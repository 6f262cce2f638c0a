// Health: what the doctor finds wrong, why that matters, and what mends it.
import { badge, card, command, copier, doer, facts, h, plain, words } from "../shared/kit.js";

const TONES = { error: ["bad", "Error"], warning: ["warn", "Warning"], note: ["idle", "Note"] };
const ORDER = Object.keys(TONES);
/** In an advice: the command in backticks, or the one that it is or ends with. */
const COMMAND = /`([^`]+)`|(?<=^|: )((?:[a-z]|AGENTMESH_)[^`]*)$/;

export function open(visit) {
	const health = visit.ask("examine", {}, "breaker", "policy", "error", "key");
	let probed = null;
	const probe = () => {
		probed = visit.ask("probe");
		visit.redraw();
	};
	visit.show(() => [
		h("h1", "Health"),
		health.shown(
			({ healthy, findings }) => [
				h(
					"div.row",
					healthy ? badge("good", "Healthy") : badge("warn", "Needs a look"),
					findings.length ? null : h("span.quiet", "Daemon, keys, records, disk and machine are as they should be."),
					doer("Look again", () => health.again(), { tone: "quiet" }),
				),
				h(
					"div.cards",
					[...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)).map(finding),
				),
			],
			{ line: "agentmesh doctor" },
		),
		card(
			"Connections",
			probed
				? probed.shown(({ relay, registry }) => facts(["Relay", link(relay)], ["Registry", link(registry)]), {
						line: "agentmesh netcheck",
					})
				: h("p.quiet", "How long a question to relay and registry takes, as the daemon itself sees it."),
			h("p.row", doer("Measure", probe)),
		),
		card(
			"In a terminal",
			h("p.quiet", "The same, and with --fix it mends what it safely can. No page may do that."),
			h("p", command("agentmesh doctor --fix")),
		),
	]);
}

function finding(it) {
	const [tone, word] = TONES[it.severity];
	const [before, quoted, typed, after] = it.fix.split(COMMAND);
	const line = quoted ?? typed;
	return h(
		"article.card.finding",
		{ key: it.id + it.why, "aria-label": plain(it.id) },
		h("header", h("h2", plain(it.id)), badge(tone, word)),
		h("p", words(it.why)),
		h("p.row", before && words(before), line ? command(line) : copier(it.fix, "the advice"), after && words(after)),
	);
}

const link = (it) =>
	it.p50_ms === null
		? [badge("warn", it.why || "no answer"), it.fix && command(it.fix)]
		: [badge("good", `${it.p50_ms.toFixed(1)} ms`), h("span.quiet", `median of ${it.count}`)];
