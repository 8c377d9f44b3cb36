-- What waits for signatures, and which passkeys people enrolled. Neither has authority: a key counts once
-- the root document names it, a statement once the fold takes it.

CREATE TABLE passkeys (
    id text PRIMARY KEY,             -- credential id, base64url
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    material bytea NOT NULL,         -- uncompressed P-256 point, 65 bytes
    rp_id text NOT NULL,
    origin text NOT NULL,
    backed_up bigint NOT NULL,       -- 1: the authenticator may copy it to other devices
    created_ms bigint NOT NULL
);

CREATE INDEX passkeys_of_user ON passkeys (user_id);

CREATE TABLE passkey_challenges (
    challenge text PRIMARY KEY,      -- base64url; used once
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_ms bigint NOT NULL
);

CREATE TABLE drafts (
    id text PRIMARY KEY,             -- statement id
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    payload bytea NOT NULL,
    blobs bytea NOT NULL,            -- JSON: base64 by digest
    signatures bytea NOT NULL,       -- JSON: as they stand in the envelope
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
);

CREATE INDEX drafts_expire ON drafts (expires_ms);
