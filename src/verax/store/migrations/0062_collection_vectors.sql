-- What passages mean, as vectors of the bundled encoder; a passage without one waits to be encoded.

CREATE TABLE collection_vectors (
    collection_id text NOT NULL,
    number bigint NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (collection_id, number),
    FOREIGN KEY (collection_id, number) REFERENCES collection_passages (collection_id, number) ON DELETE CASCADE
);
