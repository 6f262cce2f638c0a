// Stop, pause, and going on. Stopping never asks; going on does.
import { mayDecide } from "../shared/api.js";
import { act, actIfSure } from "../shared/dialog.js";
import { h } from "../shared/elements.js";
import { bind } from "../shared/keys.js";
import { badge, button, doer } from "../shared/parts.js";

/** The switches of the frame. */
export class Switches {
	constructor(live) {
		this.live = live;
		if (!mayDecide()) return;
		bind("S", "Emergency stop, at once", stop);
		bind("P", "Pause: no new sessions", pause);
	}

	buttons() {
		const isHeld = this.#held.stopped || this.#held.paused;
		return h(
			"p.switches",
			isHeld
				? button("Resume …", () => this.#resume(), { key: "resume" })
				: doer("Pause", pause, { key: "pause", title: "No new sessions; open ones go on" }),
			doer("Emergency stop", stop, { key: "stop", tone: "danger stop", title: "Nothing leaves this machine any more" }),
		);
	}

	banner() {
		if (this.#held.stopped) {
			return h(
				"p.banner.bad",
				{ key: "held" },
				badge("bad", "Stopped"),
				" Nothing leaves this machine, and nothing comes in, until you resume. It stays so across restarts.",
			);
		}
		if (this.#held.paused) {
			return h("p.banner.warn", { key: "held" }, badge("warn", "Paused"), " No new sessions begin. Open ones go on.");
		}
		return null;
	}

	get #held() {
		return this.live.parts.status ?? {};
	}

	get #isShutDown() {
		const kinds = this.live.parts.breakers?.breakers.map((it) => it.kind) ?? [];
		return kinds.includes("shutdown") && !kinds.includes("emergency_stop");
	}

	async #resume() {
		const isStopped = this.#held.stopped;
		const [method, params, line] = !isStopped
			? ["resume", {}]
			: this.#isShutDown
				? ["wake", {}, "agentmesh up"]
				: ["resume", { confirm: "RESUME" }, "agentmesh resume --confirm RESUME"];
		const text = isStopped
			? "Your agent goes online again and its contacts can reach it. Look for the cause of the stop first."
			: "New sessions may begin again.";
		const question = { text, yes: "Resume", word: isStopped ? "RESUME" : "", tone: "main" };
		await actIfSure("Go on?", question, method, params, "Going on.", line);
	}
}

const stop = () => act("emergency_stop", {}, "Stopped. Nothing leaves this machine.", "agentmesh emergency-stop");
const pause = () => act("pause", {}, "Paused: no new sessions.");
