-- One row a turn: what it used. Written in the transaction that finishes the turn.

CREATE TABLE usage (
    turn_id text UNIQUE,              -- missing once the turn was erased
    user_id text NOT NULL,
    key_id text NOT NULL,             -- empty for a session
    channel text NOT NULL,
    status text NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    duration_ms bigint NOT NULL,
    day bigint NOT NULL,              -- days since 1970, UTC
    created_ms bigint NOT NULL
);

CREATE INDEX usage_by_day ON usage (day, user_id, channel);
CREATE INDEX usage_of_user ON usage (user_id, day);
