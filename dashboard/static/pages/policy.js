// Policy: who may talk to my agent and what it may do. Nothing counts before it was checked and saved.
import { act, badge, button, call, doer, Failure, h, mayDecide, problem, table, words } from "../shared/kit.js";
import { explainer } from "./policy_explain.js";
import { differences } from "./policy_fields.js";
import { form } from "./policy_form.js";
import { history } from "./policy_history.js";

const write = (policy) => JSON.stringify(policy, null, 2);

export function open(visit) {
	const editor = new Editor(visit);
	const past = history(visit, () => editor.fresh());
	const explain = explainer(visit);
	visit.show(() => [h("h1", "Policy"), editor.shown(), past(), explain()]);
}

/** What is being written: a draft, the policy it began from, and what the daemon says to it. */
class Editor {
	#draft = null;
	#text = null;
	#wrong = null;
	#tested = null;
	#base = null;
	#isGivenUp = false;

	constructor(visit) {
		this.visit = visit;
		this.now = visit.load(async () => {
			const [{ policy }, { versions }] = await Promise.all([call("policy.get"), call("policy.history")]);
			if (!this.#base || this.#isGivenUp || !this.isChanged) this.#start(policy, versions[0]?.number ?? null);
			return { policy, version: versions[0]?.number ?? null };
		}, "policy");
	}

	get isChanged() {
		return this.#text !== null ? this.#text !== write(this.#base.policy) : this.changes.length > 0;
	}

	get changes() {
		return differences(this.#base.policy, this.#draft);
	}

	/** Throw the draft away and begin from what is in force. */
	fresh() {
		this.#isGivenUp = true;
		return this.now.again();
	}

	#start(policy, version) {
		this.#base = { policy, version };
		this.#isGivenUp = false;
		this.#draft = policy;
		if (this.#text !== null) this.#text = write(policy);
		this.#wrong = null;
		this.#tested = null;
	}

	shown() {
		return this.now.shown(
			(it) => [
				it.version !== this.#base.version ? this.#overtaken() : null,
				h(
					"p.row",
					{ role: "group", "aria-label": "How to edit" },
					button("Form", () => this.#toForm(), { "aria-pressed": String(this.#text === null) }),
					button("JSON", () => this.#toJson(), { "aria-pressed": String(this.#text !== null) }),
				),
				this.#wrong && h("div", { key: "wrong" }, problem(this.#wrong, null, "agentmesh policy get")),
				this.#text === null ? form(this.#draft, (draft) => this.#edit(draft)) : this.#json(),
				this.#footer(),
			],
			{ line: "agentmesh policy get" },
		);
	}

	#overtaken() {
		return h(
			"p.problem",
			{ role: "alert", key: "overtaken" },
			"Another policy is in force since you began. ",
			button("Begin again from it", () => this.fresh()),
		);
	}

	#edit(draft) {
		this.#draft = draft;
		this.#tested = null;
		this.visit.redraw();
	}

	#toJson() {
		this.#text ??= write(this.#draft);
		this.visit.redraw();
	}

	#toForm() {
		if (this.#read()) this.#text = null;
		this.visit.redraw();
	}

	/** Take over what the JSON says; tell what is wrong with it otherwise. */
	#read() {
		this.#wrong = null;
		if (this.#text === null) return true;
		try {
			const parsed = JSON.parse(this.#text);
			if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed))
				throw new SyntaxError("a policy is an object");
			this.#draft = parsed;
			return true;
		} catch (error) {
			this.#wrong = new Failure({ message: `This is no policy: ${error.message}.` });
			return false;
		}
	}

	#json() {
		const input = ({ target }) => {
			this.#text = target.value;
			this.#tested = null;
			this.visit.redraw();
		};
		return h(
			"label.field",
			{ key: "json" },
			h("span", "policy.json"),
			h("textarea.code", { rows: 28, value: this.#text, spellcheck: "false", autocomplete: "off", on: { input } }),
		);
	}

	#footer() {
		const canSave = this.#tested && mayDecide();
		return h(
			"section.card.sticky",
			{ key: "footer", "aria-label": "Check and save" },
			h(
				"p.row",
				doer("Check", () => this.#check(), { disabled: !this.isChanged, tone: canSave ? "" : "main" }),
				mayDecide() ? doer("Save", () => this.#save(), { disabled: !canSave, tone: canSave ? "main" : "" }) : null,
				button("Discard", () => this.fresh(), { disabled: !this.isChanged, tone: "quiet" }),
				this.isChanged
					? badge("key", this.#tested ? "checked, not saved" : "changed, not checked")
					: badge("good", "as it is in force"),
			),
			this.#tested && this.#result(),
		);
	}

	async #check() {
		if (!this.#read()) return this.visit.redraw();
		const document = this.#text ?? write(this.#draft);
		try {
			this.#tested = await call("policy.test", { document });
		} catch (error) {
			this.#wrong = Failure.of(error);
		}
		return this.visit.redraw();
	}

	#result() {
		const { knocks, changed } = this.#tested;
		return [
			h("h3", "What changes"),
			table("Differences", ["Field", "Now", "Then"], this.changes, ([path, before, after]) => [
				path,
				h("code", words(path)),
				value(before),
				value(after),
			]),
			h(
				"h3",
				knocks.length
					? `Of the last day’s ${knocks.length} KNOCKs ${changed} would end otherwise`
					: "Nobody knocked within the last day",
			),
			knocks.length
				? table("KNOCKs of the last day", ["Who", "About", "Was", "Would be"], knocks, (it) => [
						it.id,
						words(it.peer_name || it.peer),
						words(it.intent),
						it.now,
						it.changes ? h("strong", it.tested) : it.tested,
					])
				: null,
		];
	}

	async #save() {
		const document = this.#text ?? write(this.#draft);
		const { version } = this.#base;
		const saved = await act(
			"policy.replace",
			{ document, version },
			"Saved: it decides about the next KNOCK.",
			"agentmesh policy set FIELD VALUE",
		);
		if (saved) await this.fresh();
		else await this.now.again();
	}
}

const value = (it) => (it === undefined ? h("span.quiet", "not there") : h("code", words(JSON.stringify(it))));
