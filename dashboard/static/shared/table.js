// Rows and columns; where the screen is narrow each row is a small card.
import { h } from "./elements.js";

/** Describe a table; a row is `{ key, cells }`. A column without a name holds what one can do. */
export const table = (label, columns, rows) =>
	h(
		"div.scroll",
		{ tabindex: 0, role: "group", "aria-label": label },
		h(
			"table",
			h(
				"thead",
				h(
					"tr",
					columns.map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))),
				),
			),
			h(
				"tbody",
				rows.map(({ key, cells, ...more }) =>
					h(
						"tr",
						{ ...more, key },
						cells.map((cell, at) => h("td", { "data-label": columns[at] }, h("div", cell))),
					),
				),
			),
		),
	);
