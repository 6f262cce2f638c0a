// The pages, in the order in which they stand at the side; each has a module of its name.

export const PAGES = [
	{ path: "overview", title: "Overview", key: "o" },
	{ path: "knocks", title: "KNOCKs", key: "k", waits: "knocks" },
	{ path: "approvals", title: "Approvals", key: "a", waits: "approvals" },
	{ path: "sessions", title: "Sessions", key: "s" },
	{ path: "contacts", title: "Contacts", key: "c" },
	{ path: "transcripts", title: "Transcripts", key: "t" },
	{ path: "files", title: "Files", key: "f" },
	{ path: "policy", title: "Policy", key: "p" },
	{ path: "reputation", title: "Reputation", key: "r" },
	{ path: "audit", title: "Audit", key: "u" },
	{ path: "health", title: "Health", key: "h" },
	{ path: "settings", title: "Settings", key: "," },
];
