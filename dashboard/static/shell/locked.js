// What is seen without leave to look: how to get it.
import { draw, h } from "../shared/elements.js";
import { command } from "../shared/parts.js";

/** Teach how the dashboard is opened; `failure` says why the last try did not do. */
export function locked(failure = null) {
	document.title = "AgentMesh";
	document.body.classList.add("locked");
	draw(document.getElementById("top"));
	draw(document.getElementById("nav"));
	draw(
		document.getElementById("main"),
		h(
			"div.gate",
			h("h1", "AgentMesh"),
			failure && h("p", { role: "alert" }, failure.message),
			h("p", "This is your agent’s dashboard. It opens with a key that works once and for this tab alone."),
			h("p", "Run this in a terminal:"),
			h("p", command("agentmesh dashboard")),
			h("p.quiet", "A link to this page is worth nothing to anybody else, and nothing to you after a minute."),
		),
	);
}
