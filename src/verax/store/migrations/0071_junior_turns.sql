-- Turns of children: an answer in the readable log names its turn, and holds what opens it in the receipt.
-- The rows of `turns` themselves hold no words of a child (`verax.store.turns`); their owner is the profile.

ALTER TABLE junior_lines ADD COLUMN turn_id text;
ALTER TABLE junior_lines ADD COLUMN salt text;

-- Codes with which children of a class open a session on a device of their own. One for a guardian at a time.
CREATE TABLE junior_codes (
    user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    code_digest bytea NOT NULL UNIQUE,
    tries bigint NOT NULL,           -- of colours and animals that were not there
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
);
