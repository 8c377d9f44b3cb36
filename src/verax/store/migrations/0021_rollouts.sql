-- What the monitor of a rollout reads and remembers. Texts stay in their turns and nowhere else.

ALTER TABLE turns ADD COLUMN marks text; -- JSON: findings of the guard by category, verdicts by kind; erased with the turn

CREATE INDEX turns_by_leaf ON turns (log_id, idx);

-- One row for each canary that a monitor has watched.
CREATE TABLE rollouts (
    change_id text PRIMARY KEY,
    channel text NOT NULL,
    release_id text NOT NULL,
    base_id text NOT NULL,
    log_id integer NOT NULL,
    first_idx bigint NOT NULL,        -- turns from this leaf on may count
    share_bp bigint NOT NULL,
    started_ms bigint NOT NULL,
    share_since_ms bigint NOT NULL,
    ended_ms bigint,
    outcome text NOT NULL             -- empty while it runs; full, rolled_back, replaced, frozen
);

CREATE INDEX rollouts_of_channel ON rollouts (channel, started_ms);

-- Signals over time: sums over users, never anything of one turn.
CREATE TABLE rollout_points (
    change_id text NOT NULL,
    at_ms bigint NOT NULL,
    data text NOT NULL,               -- JSON
    PRIMARY KEY (change_id, at_ms)
);

-- Documents that were written about rollbacks; the blob of that digest is public.
CREATE TABLE timelines (
    rollback_idx bigint PRIMARY KEY,  -- the move's place in the governance log
    channel text NOT NULL,
    digest text NOT NULL,
    created_ms bigint NOT NULL
);

-- One vote a turn, by its owner; erased with the turn.
CREATE TABLE votes (
    turn_id text PRIMARY KEY,
    user_id text NOT NULL,
    channel text NOT NULL,
    release_id text NOT NULL,
    arm text NOT NULL,
    is_up bigint NOT NULL,
    created_ms bigint NOT NULL
);

CREATE INDEX votes_of_release ON votes (channel, release_id);
CREATE INDEX votes_of_user ON votes (user_id);

-- How far something has read an append-only log.
CREATE TABLE cursors (
    name text PRIMARY KEY,
    position bigint NOT NULL
);
