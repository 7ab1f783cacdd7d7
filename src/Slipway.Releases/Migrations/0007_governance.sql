-- A freeze of the app, as JSON: while it is in force nothing new begins.
ALTER TABLE apps ADD COLUMN frozen TEXT;

-- The same of the whole platform.
CREATE TABLE platform_freeze (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    record  TEXT NOT NULL                        -- Freeze
);

-- What a release was made from, and what it changed.
CREATE TABLE release_changes (
    app     TEXT NOT NULL,
    number  INTEGER NOT NULL,
    record  TEXT NOT NULL,                       -- ReleaseChanges
    PRIMARY KEY (app, number)
);

-- What happened, for whoever follows it; written in the transaction of what it tells of. Outlives the app. app NULL: the whole platform.
CREATE TABLE release_events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time    INTEGER NOT NULL,                    -- Unix milliseconds
    app     TEXT,
    type    TEXT NOT NULL,
    record  TEXT NOT NULL                        -- ReleaseEvent, without its identifier
);
CREATE INDEX release_events_by_app ON release_events (app, id);
