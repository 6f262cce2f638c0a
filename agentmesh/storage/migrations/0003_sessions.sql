CREATE INDEX sessions_by_age ON sessions (phase, opened_at, peer);
