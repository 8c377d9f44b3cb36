-- Conversations as trees of messages that are only ever added to.
--
-- A branch is a chain without forks: the first answer to a message continues its branch, every
-- other one starts a new branch. A path is therefore a few ranges (branch, depth from, depth to),
-- and any window of it is read from one index, however long the conversation is.

CREATE TABLE conversations (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    kind text NOT NULL,               -- chat; response: made by /v1/responses and listed nowhere
    channel text NOT NULL,
    title text NOT NULL,
    folded_title text NOT NULL,       -- for search: NFKC, case folded
    created_ms bigint NOT NULL,
    updated_ms bigint NOT NULL,
    pinned bigint NOT NULL,
    archived bigint NOT NULL,
    leaf_id text NOT NULL,            -- the end of the path that is shown; empty at first
    branches bigint NOT NULL,         -- the next branch gets this number
    messages bigint NOT NULL
);

CREATE INDEX conversations_of_user ON conversations (user_id, kind, archived, pinned, updated_ms, id);

CREATE TABLE branches (
    conversation_id text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    parent bigint NOT NULL,           -- the branch it left; -1: it starts at the root
    starts bigint NOT NULL,           -- depth of its first message
    PRIMARY KEY (conversation_id, number)
);

CREATE INDEX branches_of_parent ON branches (conversation_id, parent, starts);

CREATE TABLE messages (
    id text PRIMARY KEY,
    conversation_id text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id text NOT NULL,          -- empty for the first message of a conversation
    branch bigint NOT NULL,
    depth bigint NOT NULL,            -- messages above it
    role text NOT NULL,
    text text NOT NULL,
    folded text NOT NULL,             -- for search: NFKC, case folded
    data text NOT NULL,               -- tool calls and the like as JSON; empty for none
    turn_id text,                     -- the turn that gave this reply
    created_ms bigint NOT NULL,
    erased_ms bigint
);

CREATE UNIQUE INDEX messages_of_branch ON messages (conversation_id, branch, depth);
CREATE INDEX messages_of_turn ON messages (turn_id) WHERE turn_id IS NOT NULL;

-- What /v1/responses keeps: the body as it was sent, and where its conversation stands.
CREATE TABLE responses (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    conversation_id text NOT NULL,
    leaf_id text NOT NULL,
    previous_id text NOT NULL,        -- empty for the first of a conversation
    added bigint NOT NULL,            -- messages that this response added at the end of its path
    turn_id text NOT NULL,
    body text NOT NULL,
    created_ms bigint NOT NULL
);

CREATE INDEX responses_of_user ON responses (user_id, id);
CREATE INDEX responses_of_turn ON responses (turn_id);
CREATE INDEX responses_of_conversation ON responses (conversation_id);

-- Erasures that were begun; a start finishes what a crash interrupted.
CREATE TABLE erase_jobs (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    created_ms bigint NOT NULL
);
