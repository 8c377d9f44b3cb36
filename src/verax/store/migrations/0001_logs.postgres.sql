-- Logs (clause 2) and turns (clause 10); the words are explained in the file for SQLite.

CREATE TABLE logs (
    id integer PRIMARY KEY,
    origin text NOT NULL UNIQUE,
    appended bigint NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    starts bigint NOT NULL
);

CREATE TABLE log_entries (
    log_id integer NOT NULL,
    idx bigint NOT NULL,
    entry bytea NOT NULL,
    PRIMARY KEY (log_id, idx)
);

CREATE TABLE turns (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    key_id text NOT NULL,
    opened_ms bigint NOT NULL,
    secret bytea NOT NULL,
    draft bytea NOT NULL,
    segments bytea NOT NULL,
    record bytea,
    reply bytea,
    prompt_tokens bigint,
    completion_tokens bigint,
    duration_ms bigint,
    log_id integer,
    idx bigint,
    promise bytea
);

CREATE INDEX turns_of_user ON turns (user_id, opened_ms);
CREATE INDEX turns_open ON turns (opened_ms) WHERE record IS NULL;

CREATE TABLE erasures (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    receipt bytea NOT NULL,
    log_id integer NOT NULL,
    idx bigint NOT NULL
);
