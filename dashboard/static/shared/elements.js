// What a page describes, and how it gets onto the screen. A text stays a text: nothing here reads HTML,
// and an object that came as JSON is no description, whatever it looks like.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN_AS_SVG = new Set(["svg", "path", "rect", "circle", "line", "polyline", "title", "g"]);
const TAGS = new Set(
	(
		"a article aside b bdi button code dd details dialog div dl dt em fieldset footer form h1 h2 h3 header hr " +
		"input kbd label legend li main nav ol optgroup option p pre progress section select small span strong " +
		"summary table tbody td textarea th thead time tr ul"
	).split(" "),
);
const ATTRIBUTES = new Set(
	(
		"autocomplete class colspan cx cy d datetime dir disabled download for fill height hidden href id inputmode " +
		"lang max maxlength min minlength name open placeholder points r readonly required role rows scope selected " +
		"spellcheck step tabindex title type value viewBox width x x1 x2 y y1 y2"
	).split(" "),
);
const PROPERTIES = new Set(["value", "checked", "disabled", "open", "selected", "hidden", "readOnly"]);

class Description {
	constructor(tag, props, children) {
		this.tag = tag;
		this.props = props;
		this.children = children;
	}
}

/** Describe an element: `h("p.quiet", { on: { click } }, "text", h("b", "more"))`. */
export function h(name, ...rest) {
	const [tag, ...classes] = name.split(".");
	if (!TAGS.has(tag) && !DRAWN_AS_SVG.has(tag)) throw new Error(`no element ${tag} is drawn here`);
	const given = isProps(rest[0]) ? rest.shift() : {};
	const names = [...classes, given.class].filter(Boolean).join(" ");
	return new Description(tag, names ? { ...given, class: names } : given, tidy(rest));
}

/** Put what is described into `parent`, changing only what differs: focus and typed text stay. */
export function draw(parent, ...wanted) {
	drawChildren(parent, tidy(wanted));
}

/** Return what asks for `work` before the next picture; asked a thousand times, it is done once. */
export function beforeNextPicture(work) {
	let isAsked = false;
	return () => {
		if (isAsked) return;
		isAsked = true;
		requestAnimationFrame(() => {
			isAsked = false;
			work();
		});
	};
}

const isProps = (it) => it !== null && typeof it === "object" && Object.getPrototypeOf(it) === Object.prototype;

function tidy(children) {
	const all = children.flat(Infinity).filter((it) => it !== null && it !== undefined && it !== false && it !== "");
	return all.map((it) => (it instanceof Description ? it : String(it)));
}

const drawnAs = new WeakMap();

function drawChildren(parent, wanted) {
	const before = [...parent.childNodes];
	const keyed = new Map(before.filter((it) => keyOf(it) !== undefined).map((it) => [keyOf(it), it]));
	const plain = before.filter((it) => keyOf(it) === undefined);
	const kept = new Set();
	let place = parent.firstChild;
	for (const item of wanted) {
		const found = reusable(item, keyed, plain, kept);
		const node = found ?? make(item);
		kept.add(node);
		if (node === place) place = place.nextSibling;
		else parent.insertBefore(node, place);
		update(node, item);
	}
	for (const node of before) if (!kept.has(node)) node.remove();
}

const keyOf = (node) => drawnAs.get(node)?.props.key;

function reusable(item, keyed, plain, kept) {
	if (item.props?.key !== undefined) {
		const found = keyed.get(item.props.key);
		return found && drawnAs.get(found).tag === item.tag && !kept.has(found) ? found : undefined;
	}
	const fits = (node) => (typeof item === "string" ? node.nodeType === 3 : drawnAs.get(node)?.tag === item.tag);
	const index = plain.findIndex((node) => !kept.has(node));
	if (index < 0 || !fits(plain[index])) return undefined;
	return plain.splice(index, 1)[0];
}

function make(item) {
	if (typeof item === "string") return document.createTextNode("");
	return DRAWN_AS_SVG.has(item.tag) ? document.createElementNS(SVG, item.tag) : document.createElement(item.tag);
}

function update(node, item) {
	if (typeof item === "string") {
		if (node.data !== item) node.data = item;
		return;
	}
	const before = drawnAs.get(node);
	drawnAs.set(node, item);
	listen(node, item.props.on ?? {});
	drawChildren(node, item.children);
	updateProps(node, item.props, before?.props ?? {});
	if (!before && item.props.made) queueMicrotask(() => item.props.made(node));
}

const SPECIAL = new Set(["key", "on", "vars", "made"]);

function updateProps(node, wanted, before) {
	for (const name of Object.keys(before)) if (!(name in wanted) && !SPECIAL.has(name)) set(node, name, null);
	for (const [name, value] of Object.entries(wanted)) {
		if (!SPECIAL.has(name) && value !== before[name]) set(node, name, value);
	}
	for (const [name, value] of Object.entries(wanted.vars ?? {})) node.style.setProperty(name, value);
}

function set(node, name, value) {
	if (!ATTRIBUTES.has(name) && !PROPERTIES.has(name) && !/^(aria|data)-[a-z-]+$/.test(name)) {
		throw new Error(`no attribute ${name} is drawn here`);
	}
	if (name === "href" && value !== null && !/^(#|blob:)/.test(value)) throw new Error("a link stays on this page");
	if (name === "value" && node === document.activeElement) return; // whoever types is not interrupted
	if (PROPERTIES.has(name) && name in node) node[name] = value ?? (name === "value" ? "" : false);
	else if (value === null || value === undefined || value === false) node.removeAttribute(name);
	else node.setAttribute(name, value === true ? "" : String(value));
}

const heard = new WeakMap();

function listen(node, handlers) {
	const known = heard.get(node) ?? new Set();
	heard.set(node, known);
	for (const type of Object.keys(handlers)) {
		if (known.has(type)) continue;
		known.add(type);
		node.addEventListener(type, (event) => drawnAs.get(node)?.props.on?.[type]?.(event));
	}
}
