-- `row` keeps the order in which things came; clocks jump, it does not. BLOB columns are sealed.

CREATE TABLE sessions (
  row INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  peer TEXT NOT NULL,
  ours INTEGER NOT NULL,
  category TEXT NOT NULL,
  kind TEXT NOT NULL,
  phase TEXT NOT NULL,
  state BLOB NOT NULL,
  opened_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  expires_at REAL NOT NULL
) STRICT;
CREATE INDEX sessions_by_peer ON sessions (peer);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The body of a settled message is erased: an empty blob, unsealed.
CREATE TABLE outgoing (
  row INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  peer TEXT NOT NULL,
  session_id TEXT NOT NULL,
  sequence INTEGER,
  frame_id TEXT,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL
) STRICT;
CREATE INDEX outgoing_unsettled ON outgoing (session_id, row)
  WHERE outcome IN ('held', 'queued');
CREATE INDEX outgoing_held ON outgoing (session_id, row)
  WHERE outcome IN ('held', 'queued') AND sequence IS NULL;
CREATE INDEX outgoing_expiring ON outgoing (expires_at) WHERE outcome IN ('held', 'queued');
CREATE INDEX outgoing_settled ON outgoing (created_at) WHERE outcome NOT IN ('held', 'queued');
CREATE INDEX outgoing_delivered ON outgoing (session_id, sequence) WHERE outcome = 'delivered';
CREATE INDEX outgoing_by_frame ON outgoing (frame_id, outcome) WHERE frame_id IS NOT NULL;

CREATE TABLE incoming (
  row INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  peer TEXT NOT NULL,
  session_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  position INTEGER,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  received_at REAL NOT NULL,
  consumed_at REAL,
  UNIQUE (message_id, peer)
) STRICT;
CREATE INDEX incoming_waiting ON incoming (session_id, sequence) WHERE position IS NULL;
CREATE INDEX incoming_released ON incoming (position) WHERE position IS NOT NULL;
CREATE INDEX incoming_unread ON incoming (position)
  WHERE position IS NOT NULL AND consumed_at IS NULL;
CREATE INDEX incoming_consumed ON incoming (consumed_at) WHERE consumed_at IS NOT NULL;

CREATE TABLE errands (
  row INTEGER PRIMARY KEY,
  errand_id TEXT NOT NULL UNIQUE,
  peer TEXT NOT NULL,
  session_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  attempts INTEGER NOT NULL
) STRICT;
CREATE INDEX errands_by_peer ON errands (peer);
CREATE INDEX errands_by_session ON errands (session_id, kind);

CREATE TABLE knocks (
  row INTEGER PRIMARY KEY,
  knock_id TEXT NOT NULL UNIQUE,
  peer TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  subcategory TEXT NOT NULL,
  session_kind TEXT NOT NULL,
  note BLOB NOT NULL,
  received_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX knocks_by_time ON knocks (received_at);
CREATE INDEX knocks_pending ON knocks (expires_at) WHERE verdict = 'pending';

CREATE TABLE contacts (
  row INTEGER PRIMARY KEY,
  amid TEXT NOT NULL UNIQUE,
  signing_key BLOB NOT NULL,
  alias TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  trust INTEGER NOT NULL,
  autonomy TEXT NOT NULL,
  verified_at REAL,
  suites TEXT NOT NULL,
  suites_sequence INTEGER NOT NULL,
  added_at REAL NOT NULL
) STRICT;

CREATE TABLE prekeys (
  row INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id INTEGER NOT NULL,
  public BLOB NOT NULL,
  private BLOB NOT NULL,
  created_at REAL NOT NULL,
  retired_at REAL,
  published INTEGER NOT NULL,
  UNIQUE (kind, id)
) STRICT;

CREATE TABLE seen (
  peer TEXT NOT NULL,
  id TEXT NOT NULL,
  until REAL NOT NULL,
  PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (until);

CREATE TABLE named (
  row INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL
) STRICT;

-- The highest position given out: messages are erased, positions never come again.
CREATE TABLE last_position (value INTEGER NOT NULL) STRICT;
INSERT INTO last_position VALUES (0);

-- Rows that could not be read: each column in hex, for a person to look at.
CREATE TABLE damaged (
  row INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  content TEXT NOT NULL
) STRICT;

-- What only our own key opens, twice: tells a wrong key from a damaged row.
CREATE TABLE key_proof (
  copy INTEGER PRIMARY KEY,
  box BLOB NOT NULL
) STRICT;
