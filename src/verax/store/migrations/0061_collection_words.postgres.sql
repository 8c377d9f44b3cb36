-- Full text of passages. The dictionary `english` stems ASCII words; other scripts come as numbers.

CREATE TABLE collection_words (
    collection_id text NOT NULL,
    number bigint NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (collection_id, number),
    FOREIGN KEY (collection_id, number) REFERENCES collection_passages (collection_id, number) ON DELETE CASCADE
);

CREATE INDEX collection_words_index ON collection_words USING gin (words);
