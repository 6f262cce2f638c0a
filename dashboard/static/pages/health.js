// Health: what the daemon finds wrong, why that matters, and the command that mends it.
import { badge, call, card, command, doer, facts, h, plain } from "../shared/kit.js";

const TONES = { error: ["bad", "Error"], warning: ["warn", "Warning"], note: ["idle", "Note"] };
const ORDER = ["error", "warning", "note"];

export function open(visit) {
	const health = visit.load(() => call("health"), "breaker", "policy", "error", "key");
	let probed = null;
	const probe = async () => {
		probed = visit.load(() => call("probe"));
		visit.redraw();
		await new Promise((resolve) => setTimeout(resolve, 500));
	};
	visit.show(() => [
		h("h1", "Health"),
		health.shown(
			({ healthy, findings }) => [
				h(
					"p.well",
					healthy ? badge("good", "Healthy") : badge("warn", "Needs a look"),
					findings.length ? "" : " The daemon finds nothing wrong.",
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
			"What only the terminal can see",
			h(
				"p",
				"The doctor also looks at this machine: modes of files, disks, other daemons, swap. With --fix it mends what it safely can.",
			),
			h("p", command("agentmesh doctor")),
		),
	]);
}

function finding(it) {
	const [tone, word] = TONES[it.severity];
	return h(
		"article.card",
		{ key: it.id + it.why, "aria-label": plain(it.id) },
		h("header", h("h2", badge(tone, word), " ", plain(it.id))),
		h("p", it.why),
		h("p", it.fix.startsWith("agentmesh ") ? command(it.fix) : it.fix),
	);
}

const link = (it) =>
	it.p50_ms === null
		? [badge("warn", it.why || "no answer"), it.fix ? command(it.fix) : null]
		: [badge("good", `${it.p50_ms.toFixed(1)} ms`), h("span.quiet", `median of ${it.count}`)];
