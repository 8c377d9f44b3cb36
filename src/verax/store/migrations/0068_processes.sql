-- Several server processes on one database: whose an open turn is, and which governance entries
-- came in through a server.

ALTER TABLE turns ADD COLUMN owner text NOT NULL DEFAULT ''; -- the process that answers it (`verax.store.membership`)

CREATE TABLE entry_seals (
    idx bigint PRIMARY KEY,           -- an entry of the governance log
    seal bytea NOT NULL               -- by a key of the servers (`verax.store.governance_seals`)
);
