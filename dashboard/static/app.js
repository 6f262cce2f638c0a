// The dashboard starts here: the token is taken out of the address, the frame is drawn, a page is opened.
import { enter, whenRefused } from "./shared/api.js";
import { listen } from "./shared/keys.js";
import { Live } from "./shared/live.js";
import { dress } from "./shared/taste.js";
import { Frame } from "./shell/frame.js";
import { locked } from "./shell/locked.js";
import { Router } from "./shell/router.js";

async function start() {
	dress();
	try {
		if (!(await enter())) return locked();
	} catch (failure) {
		return locked(failure);
	}
	const live = new Live();
	const frame = new Frame(live);
	const router = new Router(live, (open) => frame.opened(open));
	const closed = () => {
		live.stop();
		router.close();
		locked({ message: "This tab is not in any more: the dashboard was closed, or the daemon ended." });
	};
	whenRefused(closed);
	live.refused = closed;
	listen();
	router.open();
	live.start();
	return undefined;
}

// A page that comes back out of the browser's memory may hold what its owner has closed.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// A tab that is open already gets its new token in the address, too.
addEventListener("hashchange", () => location.hash.startsWith("#token=") && location.reload());

start();
