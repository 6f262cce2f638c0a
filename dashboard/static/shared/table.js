// Rows and columns; where the screen is narrow each row is a small card.
import { h } from "./elements.js";

/** Describe a table; `row` returns an item's key and its cells. A column without a name holds what one can do. */
export const table = (label, columns, items, row) =>
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
				items.map((item, at) => {
					const [key, ...cells] = row(item, at);
					return h(
						"tr",
						{ key },
						cells.map((cell, column) => h("td", { "data-label": columns[column] }, h("div", cell))),
					);
				}),
			),
		),
	);
