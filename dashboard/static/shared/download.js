// Files that the page hands to its owner: lines of JSON, in letters that no terminal and no table obeys.

const UNSAFE = /[^\x20-\x7e]/gu;

/** Return a value as one line of ASCII JSON. */
export const line = (value) => `${JSON.stringify(value).replace(UNSAFE, escaped)}\n`;

/** Have the browser keep a text as a file. */
export function download(name, text) {
	const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name.replace(/[^A-Za-z0-9._-]/g, "-");
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function escaped(letter) {
	const units = Array.from({ length: letter.length }, (_, at) => letter.charCodeAt(at));
	return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
