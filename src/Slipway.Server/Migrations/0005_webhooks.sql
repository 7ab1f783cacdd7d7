-- Where release events are sent. app: '*' for those of all apps. url, secret: sealed; shown: the URL as lists show it. events: joined by commas, '' for all.
-- Each follows release_events by itself: position is the last event that has become a delivery, or did not concern it. ended: its app is removed; it goes when all is sent.
CREATE TABLE release_webhooks (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    app         TEXT NOT NULL,
    name        TEXT NOT NULL,
    url         BLOB NOT NULL,
    shown       TEXT NOT NULL,
    secret      BLOB NOT NULL,
    format      TEXT NOT NULL,
    events      TEXT NOT NULL,
    previews    INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    delivered   INTEGER NOT NULL,
    failures    INTEGER NOT NULL,
    failing     TEXT,
    next        TEXT NOT NULL,
    disabled    TEXT,
    ended       INTEGER NOT NULL,
    added_by    TEXT NOT NULL,
    created     TEXT NOT NULL
);
CREATE INDEX release_webhooks_by_app ON release_webhooks (app, name);

-- One event on its way to one receiver, in the order of id. state: waiting, delivered, dead.
CREATE TABLE release_deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook     INTEGER NOT NULL,
    event       INTEGER NOT NULL,
    record      TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    first       TEXT,
    last        TEXT,
    status      INTEGER,
    error       TEXT,
    UNIQUE (webhook, event)
);
CREATE INDEX release_deliveries_by_state ON release_deliveries (webhook, state, event);

-- What this platform is called in what it sends ("source"), so that a receiver of several can tell them apart.
CREATE TABLE platform_identity (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    id          TEXT NOT NULL
);
