-- When a document was last fetched from the address that is its source; missing for files.

ALTER TABLE collection_documents ADD COLUMN fetched_ms bigint;
