-- Sessions get an id that may be shown, and say who opened them how. Those of before end: their
-- people sign in again.
DROP TABLE sessions;

CREATE TABLE sessions (
    digest bytea PRIMARY KEY,
    id text NOT NULL UNIQUE,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client text NOT NULL,            -- address of whoever signed in
    agent text NOT NULL,             -- what the browser called itself
    opened_by text NOT NULL,         -- password; link
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    last_seen_ms bigint NOT NULL     -- written late, a minute at most
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_expire ON sessions (expires_ms);

-- One-time links that sign a person in; only a digest of each code is here.
CREATE TABLE sign_in_links (
    digest bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_ms bigint NOT NULL
);

CREATE INDEX sign_in_links_of_user ON sign_in_links (user_id);

-- How each person wants the web app; canonical JSON, a few hundred bytes.
CREATE TABLE account_settings (
    user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    settings text NOT NULL
);

-- What an installation remembers of itself: that it was set up, when it was backed up.
CREATE TABLE site_facts (
    name text PRIMARY KEY,
    value text NOT NULL
);
