// Small pictures of numbers; the same is said in words beside them.
import { h } from "./elements.js";

const HEIGHT = 40;
const STEP = 6;

/** Describe bars for two rows of numbers: one above the line, one below it. */
export function bars(up, down, label) {
	const most = Math.max(1, ...up, ...down);
	const width = up.length * STEP;
	const bar = (value, index, side) => {
		const tall = (value / most) * (HEIGHT / 2 - 1);
		const y = side === "up" ? HEIGHT / 2 - tall : HEIGHT / 2;
		return value ? h("rect", { class: side, x: index * STEP, y, width: STEP - 2, height: tall }) : null;
	};
	return h(
		"svg.chart",
		{ viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label },
		h("line", { x1: 0, x2: width, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
		up.map((value, index) => bar(value, index, "up")),
		down.map((value, index) => bar(value, index, "down")),
	);
}

/** Describe a QR code; dark on light in every theme, since cameras want it so. */
export function qr({ rows }, label) {
	const size = rows.length;
	const dark = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x} ${y}h1v1h-1z` : "")));
	return h(
		"svg.qr",
		{ viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label },
		h("rect", { width: size, height: size, class: "light" }),
		h("path", { d: dark.join(""), class: "dark" }),
	);
}
