// Questions that must be answered before something happens. Escape is always no.
import { Failure, comeIn, tokenIn } from "./api.js";
import { draw, h } from "./elements.js";
import { note } from "./notes.js";
import { button, command, field, problem } from "./parts.js";

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
			const submit = (event) => {
				event.preventDefault();
				if (isYes()) close(true);
			};
			const input = ({ target }) => {
				typed = target.value;
				redraw();
			};
			return h(
				"form",
				{ on: { submit } },
				h("p", text),
				word
					? field(`Type ${word} to go on`, h("input", { autocomplete: "off", spellcheck: "false", on: { input } }))
					: null,
				h(
					"p.row.end",
					button("Cancel", () => close(false)),
					h("button", { type: "submit", class: tone, disabled: !isYes() }, yes),
				),
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
		await show("Not done", (close) => [
			problem(failure, null, line),
			h(
				"p.row.end",
				button("Close", () => close()),
			),
		]);
		return null;
	}
}

/** Have the owner come in again in this tab. */
function showAgain() {
	let said = "";
	return show("Show that it is still you", (close, redraw) => {
		const submit = async (event) => {
			event.preventDefault();
			const token = tokenIn(event.target.elements.address.value);
			said = token ? "" : "That is no address of the dashboard.";
			if (token)
				await comeIn(token).then(
					() => close(true),
					(failure) => (said = failure.message),
				);
			redraw();
		};
		return h(
			"form",
			{ on: { submit } },
			h("p", "What lasts longer than a click needs a tab that came in within the last five minutes. Run this:"),
			h("p", command("agentmesh dashboard --no-open")),
			field(
				"Paste the address that it prints",
				h("input", { name: "address", type: "password", required: true, autocomplete: "off" }),
			),
			h("p", { role: "alert" }, said),
			h(
				"p.row.end",
				button("Cancel", () => close(false)),
				h("button.main", { type: "submit" }, "Go on"),
			),
		);
	});
}
