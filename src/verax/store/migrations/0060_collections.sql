-- Collections of documents. A document is kept as its normalised text; passages are ranges of it.
-- On SQLite each collection has a full text table of its own (`verax.store.collections_words`).

CREATE TABLE collections (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    name text NOT NULL,
    shared bigint NOT NULL,           -- 1: every account of the installation may search it
    revision bigint NOT NULL,         -- counts changes; the version is worked out from the documents
    next_passage bigint NOT NULL,
    created_ms bigint NOT NULL,
    updated_ms bigint NOT NULL
);

CREATE UNIQUE INDEX collections_of_user ON collections (user_id, name);

CREATE TABLE collection_documents (
    id text PRIMARY KEY,
    collection_id text NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    state text NOT NULL,              -- adding; ready; removing
    source text NOT NULL,             -- path or address; a document replaces the one of the same source
    name text NOT NULL,
    label text NOT NULL,              -- empty; speaks_for_owner; self
    kind text NOT NULL,
    media_type text NOT NULL,
    digest text NOT NULL,             -- SHA-256 of the file, hex
    leaf text NOT NULL,               -- SHA-256 of what the version says of it, hex
    size_bytes bigint NOT NULL,
    characters bigint NOT NULL,
    pages bigint,                     -- pages of the document; missing where it has none
    passages bigint NOT NULL,
    title text NOT NULL,
    notices text NOT NULL,            -- what was not read of it, as JSON
    created_ms bigint NOT NULL
);

CREATE INDEX collection_documents_listed ON collection_documents (collection_id, state, id);
CREATE INDEX collection_documents_of_source ON collection_documents (collection_id, source);

CREATE TABLE collection_texts (
    document_id text PRIMARY KEY REFERENCES collection_documents (id) ON DELETE CASCADE,
    text text NOT NULL
);

CREATE TABLE collection_passages (
    collection_id text NOT NULL,
    number bigint NOT NULL,           -- in the collection
    document_id text NOT NULL REFERENCES collection_documents (id) ON DELETE CASCADE,
    start_at bigint NOT NULL,         -- offsets into the text, in characters
    end_at bigint NOT NULL,
    page bigint,
    heading text NOT NULL,
    PRIMARY KEY (collection_id, number)
);

CREATE INDEX collection_passages_of_document ON collection_passages (document_id, number);
