// What the owner likes to see. It stays in this browser.

const KEPT = "agentmesh.taste";
const USUAL = { theme: "auto", contrast: "auto", keys: true };

const kept = () => {
	try {
		return JSON.parse(localStorage.getItem(KEPT)) ?? {};
	} catch {
		return {};
	}
};

/** Return one of the tastes. */
export const taste = (name) => kept()[name] ?? USUAL[name];

/** Change one, and look like it. */
export function like(name, value) {
	localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: value }));
	dress();
}

/** Look as the owner likes it. */
export function dress() {
	const { dataset } = document.documentElement;
	dataset.theme = taste("theme");
	const wantsMore = matchMedia("(prefers-contrast: more)").matches;
	dataset.contrast = taste("contrast") === "auto" && wantsMore ? "more" : taste("contrast");
}
