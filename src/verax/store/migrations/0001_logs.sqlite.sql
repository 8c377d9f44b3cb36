-- Logs (clause 2) and turns (clause 10). Only this file differs between the databases:
-- SQLite keeps the entries in the index itself and checks the types.

CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    appended INTEGER NOT NULL, -- entries written: the next one gets this index
    size INTEGER NOT NULL,     -- entries in the tree that may be signed
    root BLOB NOT NULL,        -- root of that tree
    starts INTEGER NOT NULL    -- times the log was opened
) STRICT;

CREATE TABLE log_entries (
    log_id INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (log_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    secret BLOB NOT NULL,
    draft BLOB NOT NULL,  -- canonical record to keep if the process ends before the turn does
    segments BLOB NOT NULL,  -- canonical list of the opened segments, for the owner
    record BLOB,  -- canonical record; missing while the turn is open
    reply BLOB,  -- what was delivered, as the record commits to it
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    duration_ms INTEGER,
    log_id INTEGER,
    idx INTEGER,
    promise BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX turns_of_user ON turns (user_id, opened_ms);
CREATE INDEX turns_open ON turns (opened_ms) WHERE record IS NULL;

CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    receipt BLOB NOT NULL,     -- the fields that the entry hashes, canonical
    log_id INTEGER NOT NULL,
    idx INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
