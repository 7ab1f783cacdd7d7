-- Everything that happened, in the order of commits: the audit log, and what notifications are sent from. See Events/RegistryEvent.cs for the columns.

CREATE TABLE registry_events (
    id         INTEGER PRIMARY KEY,
    time       TEXT NOT NULL,
    action     TEXT NOT NULL,
    target     TEXT NOT NULL,
    repository TEXT,
    digest     TEXT,
    tag        TEXT,
    media_type TEXT,
    size       INTEGER,
    detail     TEXT,
    actor      TEXT NOT NULL,
    address    TEXT,
    user_agent TEXT
);
CREATE INDEX registry_events_by_repository ON registry_events (repository, id);
