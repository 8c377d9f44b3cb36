-- Accounts, their credentials and sessions. No credential is stored, only digests:
-- argon2id for passwords, SHA-256 for keys and session tokens, which hold 190 random bits and more.

CREATE TABLE users (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,       -- folded: what one signs in with
    password_hash text,              -- missing: this account has no password
    requests_per_minute bigint,      -- missing: only the limit of each key counts
    created_ms bigint NOT NULL,
    disabled_ms bigint
);

CREATE TABLE user_roles (
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL,
    PRIMARY KEY (user_id, role)
);

CREATE TABLE api_keys (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    shown text NOT NULL,             -- its first characters, so that people can tell keys apart
    roles text NOT NULL,             -- separated by spaces; narrows the roles of the account
    requests_per_minute bigint,
    created_ms bigint NOT NULL,
    expires_ms bigint,
    revoked_ms bigint,
    last_used_ms bigint              -- written late, a minute at most
);

CREATE INDEX api_keys_of_user ON api_keys (user_id);

CREATE TABLE sessions (
    digest bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client text NOT NULL,            -- what the browser called itself, for the list of sessions
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_expire ON sessions (expires_ms);

-- Counts every change that takes something away; a process that sees another number forgets its cache.
CREATE TABLE account_epoch (
    id bigint PRIMARY KEY,
    epoch bigint NOT NULL
);

INSERT INTO account_epoch (id, epoch) VALUES (1, 0);
