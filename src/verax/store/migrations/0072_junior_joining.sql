-- Wrong codes that were tried in a minute, over all devices and servers; older minutes are removed.

CREATE TABLE junior_tries (
    minute bigint PRIMARY KEY,       -- since 1970
    wrong bigint NOT NULL
);
