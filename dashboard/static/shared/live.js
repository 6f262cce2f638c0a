// What happens at the daemon, as it happens: a snapshot of its parts, then numbered changes of them.
// A gap, a fall or a silence begins anew with a snapshot.
import { forget, leave, ticket } from "./api.js";

const STALE_MS = 5_000;
const LOOK_MS = 1_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const NOT_IN_ANY_MORE = 4401;

/** One stream for the whole page. `parts` holds what came last: answers of calls, by name. */
export class Live {
	#listeners = new Set();
	#seq = null;
	#socket = null;
	#pause = FIRST_PAUSE_MS;
	#heardAt = Date.now();
	#isClosed = false;
	#clock = 0;

	parts = {};
	/** Until when what is shown was true, if nothing was heard for too long; else null. */
	staleSince = null;
	/** What to do when this tab is not in any more. */
	refused = () => {};

	/** Call `told(names)` with the set of parts and kinds of events that are new; `all`: everything may be. */
	listen(told) {
		this.#listeners.add(told);
		return () => this.#listeners.delete(told);
	}

	start() {
		this.#connect();
		this.#clock = setInterval(() => this.#look(), LOOK_MS);
	}

	stop() {
		this.#isClosed = true;
		clearInterval(this.#clock);
		this.#socket?.close();
	}

	async #connect() {
		if (this.#isClosed) return;
		try {
			const place = new URL("/api/live", location.href);
			place.protocol = "ws:";
			place.search = new URLSearchParams({ ticket: await ticket() });
			const bearer = leave()?.bearer;
			const socket = new WebSocket(place);
			this.#socket = socket;
			this.#seq = null;
			socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data));
			socket.onclose = ({ code }) => this.#ended(socket, code, bearer);
		} catch {
			this.#again();
		}
	}

	#ended(socket, code, bearer) {
		if (socket !== this.#socket || this.#isClosed) return;
		if (code === NOT_IN_ANY_MORE && forget(bearer)) this.refused();
		else this.#again();
	}

	#again() {
		setTimeout(() => this.#connect(), this.#pause * (0.75 + Math.random() / 2));
		this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
	}

	#hear({ seq, snapshot, change }) {
		this.#heardAt = Date.now();
		const wasStale = this.staleSince !== null;
		this.staleSince = null;
		if (snapshot) {
			this.#pause = FIRST_PAUSE_MS;
			this.parts = snapshot;
			this.#tell(new Set(["all"]));
		} else if (change && seq !== this.#seq + 1) {
			this.#socket.close();
			return;
		} else if (change) {
			this.parts = { ...this.parts, ...change.parts };
			this.#tell(
				new Set([...Object.keys(change.parts), ...change.events.map((it) => it.kind), ...(change.more ? ["all"] : [])]),
			);
		} else if (wasStale) this.#tell(new Set(["stream"]));
		this.#seq = seq;
	}

	#tell(names) {
		for (const listener of [...this.#listeners]) listener(names);
	}

	#look() {
		if (this.staleSince !== null || Date.now() - this.#heardAt < STALE_MS) return;
		this.staleSince = this.#heardAt;
		this.#socket?.close();
		this.#tell(new Set(["stream"]));
	}
}
