-- Each index is a page more to write with every message: what another one answers, too, goes.

DROP INDEX errands_by_peer;
DROP INDEX outgoing_unsettled;
DROP INDEX outgoing_held;
DROP INDEX outgoing_expiring;
DROP INDEX outgoing_settled;
DROP INDEX outgoing_by_frame;
-- Small, for it has what is under way only. It answers without a look at the rows.
CREATE INDEX outgoing_open ON outgoing (session_id, sequence, frame_id, expires_at)
  WHERE outcome IN ('held', 'queued');

-- What the agent may see lies at its position; what waits for messages before it, below zero.
ALTER TABLE incoming RENAME TO incoming_before;
CREATE TABLE incoming (
  row INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  peer TEXT NOT NULL,
  session_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  position INTEGER AS (CASE WHEN row > 0 THEN row END),
  type TEXT NOT NULL,
  received_at REAL NOT NULL,
  consumed_at REAL,
  body BLOB NOT NULL,
  UNIQUE (message_id, peer)
) STRICT;
INSERT INTO incoming
  (row, message_id, peer, session_id, sequence, type, received_at, consumed_at, body)
SELECT
  ifnull(position, -row), message_id, peer, session_id, sequence, type, received_at, consumed_at,
  body
FROM incoming_before ORDER BY ifnull(position, -row);
DROP TABLE incoming_before;
CREATE INDEX incoming_waiting ON incoming (session_id, sequence) WHERE row < 0;
CREATE INDEX incoming_unread ON incoming (row) WHERE row > 0 AND consumed_at IS NULL;
CREATE INDEX incoming_consumed ON incoming (consumed_at) WHERE consumed_at IS NOT NULL;

-- `last_position` is raised when the highest message goes: positions never come again.
CREATE TRIGGER incoming_erased AFTER DELETE ON incoming
WHEN old.row > (SELECT value FROM last_position)
BEGIN
  UPDATE last_position SET value = old.row;
END;
