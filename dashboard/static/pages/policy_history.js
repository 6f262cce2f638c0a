// The policies that were in force, and the way back to each.
import { actIfSure, button, card, mayDecide, plain, table, when } from "../shared/kit.js";

/** Return what describes the history; `undone` is called after a way back. */
export function history(visit, undone) {
	const versions = visit.ask("policy.history", {}, "policy");
	const back = (number) => async () => {
		await actIfSure(
			`Go back to policy ${number}?`,
			{
				text: "It is in force at once, and decides about the next KNOCK. This, too, can be undone.",
				yes: "Go back",
				tone: "main",
			},
			"policy.undo",
			{ to: number },
			`Policy ${number} is in force again.`,
		);
		await Promise.all([versions.again(), undone()]);
	};
	const list = (it) =>
		table("Policies that were in force", ["Number", "Since", "By", "What changed", ""], it.versions, (one, at) => [
			one.number,
			String(one.number),
			when(one.since),
			one.who,
			one.restores ? `number ${one.restores} again` : one.changes.map(plain).join(", ") || "the first one",
			at && mayDecide() ? button("Go back …", back(one.number), { tone: "small" }) : at ? "" : "in force",
		]);
	return () => card("History", versions.shown(list, { line: "agentmesh policy history" }));
}
