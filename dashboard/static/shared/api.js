// The daemon's table of calls, over HTTP. The bearer is this tab's alone.

const KEPT = "agentmesh.bearer";
const ANSWER_MS = 45_000;
const NO_ANSWER = {
	code: "not_running",
	message: "The daemon does not answer.",
	hint: "Run `agentmesh up`, then `agentmesh dashboard`.",
	kind: "not_running",
};

/** What the daemon says is wrong: `code` is stable, `hint` is what to do. */
export class Failure extends Error {
	constructor({ code = "internal_error", message = "Something went wrong.", hint = "", kind = "internal" } = {}) {
		super(message);
		this.code = code;
		this.hint = hint;
		this.kind = kind;
	}

	/** Return any error as one of these. */
	static of(error) {
		return error instanceof Failure ? error : new Failure({ message: `The page stumbled: ${error}` });
	}
}

/** Return this tab's leave to ask, or null: `bearer`, `scope`, `expires_at`, `fresh_until`. */
export function leave() {
	try {
		return JSON.parse(sessionStorage.getItem(KEPT));
	} catch {
		return null;
	}
}

/** Whether this tab may decide; otherwise it may look. */
export const mayDecide = () => leave()?.scope === "control";

/** Return the token in an address or in what was pasted, or nothing. */
export const tokenIn = (text) => /(?:^|#token=)([A-Za-z0-9_-]{40,200})$/.exec(text.trim())?.[1] ?? "";

/** Swap the one-time token in the address for a bearer. The address is clean before anything else happens. */
export async function enter() {
	const token = tokenIn(location.hash);
	if (location.hash.includes("token=")) history.replaceState(null, "", location.pathname);
	if (token) await comeIn(token);
	return leave() !== null;
}

/** Swap a token for a bearer; the one that this tab had before ends. */
export async function comeIn(token) {
	const before = leave()?.bearer;
	const given = await post("/api/bootstrap", { token }, null);
	sessionStorage.setItem(KEPT, JSON.stringify(given));
	if (before) await post("/api/logout", {}, before).catch(() => null);
}

/** Forget this tab's leave, if it is still the one of this bearer; return whether it was. */
export function forget(bearer) {
	if (leave()?.bearer !== bearer) return false;
	sessionStorage.removeItem(KEPT);
	return true;
}

/** End this tab's leave, here and at the daemon. */
export async function goOut() {
	const { bearer } = leave() ?? {};
	forget(bearer);
	if (bearer) await post("/api/logout", {}, bearer).catch(() => null);
}

/** Ask the daemon, and return its answer or raise a `Failure`. */
export const call = (method, params = {}) => asked(`/api/call/${method}`, params);

/** Return a ticket for one live stream. */
export const ticket = async () => (await asked("/api/ticket", {})).ticket;

let refused = () => {};

/** Do this when this tab is not in any more. */
export const whenRefused = (work) => (refused = work);

async function asked(path, body) {
	const bearer = leave()?.bearer;
	try {
		return await post(path, body, bearer);
	} catch (failure) {
		if (failure.code === "unauthorized" && forget(bearer)) refused();
		throw failure;
	}
}

async function post(path, body, bearer) {
	const headers = { "Content-Type": "application/json", ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) };
	const signal = AbortSignal.timeout(ANSWER_MS);
	const sent = fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
	const response = await sent.catch(() => {
		throw new Failure(NO_ANSWER);
	});
	const answer = await response.json().catch(() => ({}));
	if (response.ok) return answer;
	throw new Failure(answer.error);
}
