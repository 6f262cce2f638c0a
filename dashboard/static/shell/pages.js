// The pages, in the order in which they stand at the side. A page is loaded when it is opened first.

export const PAGES = [
	{ path: "overview", title: "Overview", key: "o", load: () => import("../pages/overview.js") },
	{ path: "knocks", title: "KNOCKs", key: "k", waits: "knocks", load: () => import("../pages/knocks.js") },
	{ path: "approvals", title: "Approvals", key: "a", waits: "approvals", load: () => import("../pages/approvals.js") },
	{ path: "sessions", title: "Sessions", key: "s", load: () => import("../pages/sessions.js") },
	{ path: "contacts", title: "Contacts", key: "c", load: () => import("../pages/contacts.js") },
	{ path: "transcripts", title: "Transcripts", key: "t", load: () => import("../pages/transcripts.js") },
	{ path: "files", title: "Files", key: "f", load: () => import("../pages/files.js") },
	{ path: "policy", title: "Policy", key: "p", load: () => import("../pages/policy.js") },
	{ path: "reputation", title: "Reputation", key: "r", load: () => import("../pages/reputation.js") },
	{ path: "audit", title: "Audit", key: "u", load: () => import("../pages/audit.js") },
	{ path: "health", title: "Health", key: "h", load: () => import("../pages/health.js") },
	{ path: "settings", title: "Settings", key: ",", load: () => import("../pages/settings.js") },
];
