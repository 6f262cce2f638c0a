// Questions that must be answered before something happens. Escape is always no.
import { call, comeIn, Failure, tokenIn } from "./api.js";
import { draw, h } from "./elements.js";
import { note } from "./notes.js";
import { button, command, field, form, input, problem, sender } from "./parts.js";

/** Show a dialog; `content(close)` describes it, and the promise holds what `close` was given. */
export function show(title, content) {
	return new Promise((resolve) => {
		const from = document.activeElement;
		const place = document.createElement("dialog");
		document.body.append(place);
		let answer;
		const close = (value) => {
			answer = value;
			place.close();
		};
		place.setAttribute("aria-labelledby", "dialog-title");
		place.addEventListener("close", () => {
			place.remove();
			(from?.isConnected ? from : document.getElementById("main")).focus();
			resolve(answer);
		});
		const redraw = () => draw(place, h("h2", { id: "dialog-title" }, title), content(close, redraw));
		redraw();
		place.showModal();
	});
}

/** Ask for a yes. `word`: it has to be typed, because there is no way back. */
export async function confirm(title, { text, yes, word = "", tone = "danger" }) {
	let typed = "";
	const isYes = () => !word || typed.trim() === word;
	return Boolean(
		await show(title, (close, redraw) => {
			const type = ({ target }) => {
				typed = target.value;
				redraw();
			};
			return question(
				close,
				() => isYes() && close(true),
				sender(yes, { tone, disabled: !isYes() }),
				h("p", text),
				word ? field(`Type ${word} to go on`, input("word", { on: { input: type } })) : null,
			);
		}),
	);
}

/** Do something at the daemon, say that it is done, or show what is wrong. Return its answer or null. */
export async function attempt(work, done = "", line = "") {
	try {
		const answer = await work();
		if (done) note(done);
		return answer ?? true;
	} catch (error) {
		const failure = Failure.of(error);
		if (failure.code === "reauthenticate") return (await showAgain()) ? attempt(work, done, line) : null;
		await show("Not done", (close) => [problem(failure, null, line), closer(close)]);
		return null;
	}
}

/** Make a call that changes something, as `attempt` does; most have a command of the same name. */
export const act = (method, params, done, line = sameLine(method, params)) =>
	attempt(() => call(method, params), done, line);

/** Make it once the owner said yes to the question, which is that of `confirm`. */
export const actIfSure = async (title, question, ...all) => (await confirm(title, question)) && act(...all);

const sameLine = (method, params) =>
	["agentmesh", ...method.split("."), ...Object.values(params).slice(0, 1)].join(" ");

/** Describe a dialog's form: `send` gets its fields, Cancel closes the dialog. */
export const question = (close, send, yes, ...content) =>
	form(
		"",
		send,
		content,
		h(
			"p.row.end",
			button("Cancel", () => close()),
			yes,
		),
	);

/** Describe how a dialog ends in which there is nothing to decide. */
export const closer = (close, tone) =>
	h(
		"p.row.end",
		button("Close", () => close(), { tone }),
	);

/** Have the owner come in again in this tab. */
function showAgain() {
	let said = "";
	return show("Show that it is still you", (close, redraw) => {
		const send = async ({ address }) => {
			const token = tokenIn(address.value);
			said = token ? "" : "That is no address of the dashboard.";
			if (token)
				await comeIn(token).then(
					() => close(true),
					(failure) => (said = failure.message),
				);
			redraw();
		};
		return question(
			close,
			send,
			sender("Go on"),
			h("p", "What lasts longer than a click needs a tab that came in a few minutes ago at most. Run this:"),
			h("p", command("agentmesh dashboard --no-open")),
			field("Paste the address that it prints", input("address", { type: "password", required: true })),
			h("p", { role: "alert" }, said),
		);
	});
}
