CREATE TABLE cards (
  row INTEGER PRIMARY KEY,
  drawer TEXT NOT NULL,
  name TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL,
  UNIQUE (drawer, name)
) STRICT;
CREATE INDEX cards_expiring ON cards (expires_at) WHERE expires_at IS NOT NULL;
