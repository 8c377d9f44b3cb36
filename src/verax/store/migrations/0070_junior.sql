-- Children's profiles. No name, no birthday: a colour and an animal are what a child is called here.
-- All of a profile goes with its row, and all profiles with the account of their guardian.

CREATE TABLE junior_profiles (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    colour text NOT NULL,
    animal text NOT NULL,
    settings text NOT NULL,          -- what the guardian chose, as JSON
    sitting_ms bigint NOT NULL,      -- used since the last break
    last_ms bigint,                  -- when use was counted last; missing before the first use
    created_ms bigint NOT NULL,
    updated_ms bigint NOT NULL
);

CREATE UNIQUE INDEX junior_profiles_of_user ON junior_profiles (user_id, colour, animal);

CREATE TABLE junior_consents (
    id text PRIMARY KEY,
    profile_id text NOT NULL REFERENCES junior_profiles (id) ON DELETE CASCADE,
    terms text NOT NULL,             -- what is kept, why and how long, as JSON
    given_ms bigint NOT NULL
);

CREATE INDEX junior_consents_of_profile ON junior_consents (profile_id, id);

CREATE TABLE junior_pins (
    user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    pin_hash text NOT NULL,
    failures bigint NOT NULL,        -- wrong tries since the last right one
    locked_ms bigint NOT NULL        -- no try is looked at before
);

CREATE TABLE junior_sessions (
    digest bytea PRIMARY KEY,
    id text NOT NULL UNIQUE,
    profile_id text NOT NULL REFERENCES junior_profiles (id) ON DELETE CASCADE,
    state text NOT NULL,             -- what the band's engine goes on from, as JSON; ends with the session
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
);

CREATE INDEX junior_sessions_of_profile ON junior_sessions (profile_id, id);

CREATE TABLE junior_days (
    profile_id text NOT NULL REFERENCES junior_profiles (id) ON DELETE CASCADE,
    day text NOT NULL,               -- a date where the child lives, 2026-11-26
    used_ms bigint NOT NULL,
    PRIMARY KEY (profile_id, day)
);

CREATE TABLE junior_alerts (
    id text PRIMARY KEY,
    profile_id text NOT NULL REFERENCES junior_profiles (id) ON DELETE CASCADE,
    category text NOT NULL,          -- of the guard; never what the child said
    created_ms bigint NOT NULL
);

CREATE INDEX junior_alerts_of_profile ON junior_alerts (profile_id, id);

CREATE TABLE junior_lines (
    id text PRIMARY KEY,
    profile_id text NOT NULL REFERENCES junior_profiles (id) ON DELETE CASCADE,
    said_by text NOT NULL,           -- child; junior
    text text NOT NULL,              -- personal data was removed before
    created_ms bigint NOT NULL
);

CREATE INDEX junior_lines_of_profile ON junior_lines (profile_id, id);
