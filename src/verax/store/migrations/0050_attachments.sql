-- Files that people attach to messages. What a file holds is kept once a person, by its digest;
-- an attachment is one upload of it, under the name that it had then.

CREATE TABLE attachments (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    digest text NOT NULL,             -- SHA-256 of the bytes, hex
    name text NOT NULL,
    kind text NOT NULL,               -- text; pdf; image
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    pages bigint,                     -- pages of the document; missing where it has none
    characters bigint,                -- characters that are read; missing for a picture
    notice text NOT NULL,             -- what is not read of it, as JSON; empty for nothing
    created_ms bigint NOT NULL
);

CREATE INDEX attachments_of_user ON attachments (user_id, created_ms);
CREATE INDEX attachments_of_content ON attachments (user_id, digest);

-- The bytes, cut, so that no write holds others up for long.
CREATE TABLE attachment_parts (
    user_id text NOT NULL,
    digest text NOT NULL,
    part bigint NOT NULL,
    data bytea NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY (user_id, digest, part)
);

-- What a model reads of them.
CREATE TABLE attachment_pages (
    user_id text NOT NULL,
    digest text NOT NULL,
    page bigint NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (user_id, digest, page)
);

-- Which messages hold an attachment; one that none holds for a day is removed.
CREATE TABLE attachment_uses (
    attachment_id text NOT NULL,
    message_id text NOT NULL,
    conversation_id text NOT NULL,
    PRIMARY KEY (attachment_id, message_id)
);

CREATE INDEX attachment_uses_of_message ON attachment_uses (message_id);
CREATE INDEX attachment_uses_of_conversation ON attachment_uses (conversation_id);
