-- Webhooks: where events are sent. Each follows registry_events by itself: position is the last event that its receiver has taken (or that did not concern it).
-- batch_end: the last event of the delivery that fails, so that what is tried again is the very same delivery.

CREATE TABLE registry_webhooks (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    url        TEXT NOT NULL,
    project    TEXT,
    actions    TEXT NOT NULL,
    secret     BLOB NOT NULL,
    position   INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,
    dropped    INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    failing    TEXT,
    batch_end  INTEGER,
    error      TEXT,
    next       TEXT NOT NULL,
    created    TEXT NOT NULL
);
