CREATE TABLE known (
    amid    TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX known_by_age ON known (seen_at);

-- AUTOINCREMENT: a row's number is never given to another letter.
CREATE TABLE letters (
    row          INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient    TEXT NOT NULL,
    sender       TEXT NOT NULL,
    id           TEXT NOT NULL,
    message_type TEXT NOT NULL,
    is_receipt   INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    want_acked   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    payload      BLOB NOT NULL,
    UNIQUE (recipient, sender, id)
);

CREATE INDEX letters_room ON letters (recipient, is_receipt, expires_at, sender, size);
CREATE INDEX letters_by_age ON letters (expires_at);
